/**
 * Chains for tests, closed and removed after the test.
 */
import { onTestFinished } from 'vitest';
import { Chain } from '../chain.ts';
import type { BuiltBlock } from '../execution/build-block.ts';
import { type DevGenesisOptions, devGenesisFile } from '../genesis/dev-genesis.ts';
import { createGenesis, type Genesis } from '../genesis/genesis.ts';
import { type Hash, parseAddress } from '../primitives.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import type { PlacedBlock } from '../transition.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const COINBASE = parseAddress(`0x${'c0'.repeat(20)}`);
export const NO_MARKER = new Uint8Array(0);

export function testGenesis(options: DevGenesisOptions = {}): Genesis {
  return createGenesis(devGenesisFile(options));
}

export async function testChain(genesis: Genesis = testGenesis()): Promise<Chain> {
  const chain = await Chain.create(temporaryFolder(), genesis);
  onTestFinished(() => chain.close());
  return chain;
}

/** Builds on `parent` one second after the head; never nothing. */
export async function build(
  chain: Chain,
  candidates: Iterable<SignedTransaction>,
  parent: Hash = chain.position.id,
  timestamp = chain.head.timestamp + 1,
): Promise<PlacedBlock<BuiltBlock>> {
  const built = await chain.buildBlock(parent, {
    timestamp,
    coinbase: COINBASE,
    extraData: '0x',
    candidates,
    maxBytes: 1_000_000,
    allowEmpty: true,
  });
  if (built.block === null) throw new Error('an empty block was allowed');
  return built;
}
