/** What `praline start` shows of a network before and beside its nodes. */
import { dirname } from 'node:path';
import { faultsTolerated } from 'mokka';
import type { LoadedCluster } from '../config/cluster-file.ts';
import { loadGenesis } from '../config/genesis-source.ts';

const WEI_PER_ETHER = 10n ** 18n;

export interface NetworkDescription {
  readonly chainId: string;
  /** In words. */
  readonly mining: string;
  /** In words: how many nodes may fail, and how. */
  readonly tolerance: string;
  /** Folder of the cluster file. */
  readonly data: string;
  /** Null outside development mode. The keys are public: they derive from the words in the genesis file. */
  readonly development: {
    readonly mnemonic: string;
    /** Of the first account; all have the same unless the genesis file was edited. */
    readonly balanceEther: string;
    /** Addresses with the capitals of EIP-55, as wallets show them. */
    readonly accounts: readonly { readonly address: string; readonly privateKey: string }[];
  } | null;
}

/** Throws `ConfigError`. */
export async function describeNetwork(cluster: LoadedCluster): Promise<NetworkDescription> {
  const { json, genesis } = loadGenesis(cluster);
  const { mining, devMode, accounts, crashModel, validators } = genesis.praline;
  const faults = faultsTolerated(crashModel, validators.length);
  return {
    tolerance:
      `${faults} of ${validators.length} nodes may be down` +
      `${crashModel === 'BFT' ? ' or lie' : ''}${faults === 0 ? '; more nodes tolerate more' : ''}`,
    chainId: String(genesis.chainId),
    mining:
      mining.mode === 'instant'
        ? 'a block as soon as there is a transaction'
        : `a block every ${mining.blockTimeMs / 1000} s${mining.emptyBlocks ? '' : ' with transactions'}`,
    data: dirname(cluster.path),
    development:
      devMode && accounts !== undefined ? await developmentAccounts(json, accounts) : null,
  };
}

async function developmentAccounts(
  genesisJson: unknown,
  { mnemonic, count }: { readonly mnemonic: string; readonly count: number },
): Promise<NetworkDescription['development']> {
  // Here and not for all, since a node that starts does without what this loads.
  const { checksumAddress, createGenesis, DevelopmentAccountSet } = await import(
    '@praline/chain/reading'
  );
  const { state } = createGenesis(genesisJson);
  const set = new DevelopmentAccountSet(mnemonic, count);
  const [first] = set.addresses;
  const balance = first === undefined ? 0n : (state.accounts.get(first)?.balance ?? 0n);
  return {
    mnemonic,
    balanceEther: String(balance / WEI_PER_ETHER),
    accounts: set.addresses.map((address) => ({
      address: checksumAddress(address),
      privateKey: set.privateKey(address),
    })),
  };
}
