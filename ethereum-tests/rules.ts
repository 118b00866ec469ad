import { createGenesis, type Genesis } from '../packages/chain/src/genesis/genesis.ts';
import { SYSTEM_CONTRACTS } from '../packages/chain/src/genesis/system-contracts.ts';
import { configOf } from './networks.ts';
import { UnsupportedNetworkError } from './test-case.ts';

const made = new Map<string, Genesis>();

/**
 * A chain under these rules from its first block on, with no accounts but those the rules need: for its parameters.
 * Throws `UnsupportedNetworkError`.
 */
export function genesisOfRules(network: string): Genesis {
  const known = made.get(network);
  if (known !== undefined) return known;
  const config = configOf(network);
  if (config === undefined) throw new UnsupportedNetworkError(network);
  const contracts = [...SYSTEM_CONTRACTS.values()];
  const genesis = createGenesis({
    config,
    gasLimit: '0x1000000',
    alloc: Object.fromEntries(contracts.map(({ address, code }) => [address, { code }])),
  });
  made.set(network, genesis);
  return genesis;
}
