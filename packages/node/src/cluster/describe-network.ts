/** What `praline start` shows of a network before and beside its nodes. */
import { dirname } from 'node:path';
import { DevelopmentAccountSet } from '@praline/chain';
import type { LoadedCluster } from '../config/cluster-file.ts';
import { loadGenesis } from '../config/genesis-source.ts';

const WEI_PER_ETHER = 10n ** 18n;

export interface NetworkDescription {
  readonly chainId: string;
  /** In words. */
  readonly mining: string;
  /** Folder of the cluster file. */
  readonly data: string;
  /** Null outside development mode. The keys are public: they derive from the words in the genesis file. */
  readonly development: {
    readonly mnemonic: string;
    /** Of the first account; all have the same unless the genesis file was edited. */
    readonly balanceEther: string;
    readonly accounts: readonly { readonly address: string; readonly privateKey: string }[];
  } | null;
}

/** Throws `ConfigError`. */
export function describeNetwork(cluster: LoadedCluster): NetworkDescription {
  const { genesis } = loadGenesis(cluster);
  const { mining, devMode, accounts } = genesis.praline;
  return {
    chainId: String(genesis.chainId),
    mining:
      mining.mode === 'instant'
        ? 'a block as soon as there is a transaction'
        : `a block every ${mining.blockTimeMs / 1000} s${mining.emptyBlocks ? '' : ' with transactions'}`,
    data: dirname(cluster.path),
    development:
      devMode && accounts !== undefined
        ? developmentAccounts(accounts.mnemonic, accounts.count, (address) => {
            const account = genesis.state.accounts.get(address);
            return (account?.balance ?? 0n) / WEI_PER_ETHER;
          })
        : null,
  };
}

function developmentAccounts(
  mnemonic: string,
  count: number,
  balanceOf: (address: DevelopmentAccountSet['addresses'][number]) => bigint,
): NetworkDescription['development'] {
  const set = new DevelopmentAccountSet(mnemonic, count);
  const [first] = set.addresses;
  return {
    mnemonic,
    balanceEther: String(first === undefined ? 0n : balanceOf(first)),
    accounts: set.addresses.map((address) => ({ address, privateKey: set.privateKey(address) })),
  };
}
