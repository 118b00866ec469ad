/**
 * The genesis file of a development network: funded accounts, system contracts, the newest rules from block 0 on.
 */

import type { Hex } from '../primitives.ts';
import { DEV_MNEMONIC, DEV_PATH, deriveAccounts } from './dev-accounts.ts';
import { DEV_FORKS, type DevFork } from './dev-forks.ts';
import { SYSTEM_CONTRACTS } from './system-contracts.ts';

/** Chain id that Hardhat, Foundry and wallets take for a local development network. */
export const DEV_CHAIN_ID = 31_337;
/** Gas. */
export const DEV_GAS_LIMIT = 30_000_000;
const DEV_ACCOUNTS = 10;
const DEV_BALANCE_ETHER = 10_000n;
const WEI_PER_ETHER = 10n ** 18n;

export interface DevGenesisOptions {
  readonly chainId?: number;
  /** Newest rules active from genesis on; by default the newest that the EVM library supports. */
  readonly fork?: DevFork;
  readonly gasLimit?: number;
  readonly mnemonic?: string;
  readonly accounts?: number;
  /** Ether, per account. */
  readonly balance?: bigint;
  /** Unix time in seconds. */
  readonly timestamp?: number;
  /** Ed25519 public keys. */
  readonly validators?: readonly string[];
  readonly crashModel?: 'CFT' | 'BFT';
  readonly mining?: {
    readonly mode: 'instant' | 'interval';
    readonly blockTimeMs?: number;
    readonly emptyBlocks?: boolean;
  };
}

/** JSON of a genesis file, to be written for all nodes and read by `createGenesis`. */
export function devGenesisFile(options: DevGenesisOptions = {}): Record<string, unknown> {
  const mnemonic = options.mnemonic ?? DEV_MNEMONIC;
  const count = options.accounts ?? DEV_ACCOUNTS;
  const balance = (options.balance ?? DEV_BALANCE_ETHER) * WEI_PER_ETHER;
  const alloc: Record<string, { balance: Hex; nonce?: Hex; code?: Hex }> = {};
  for (const { address, code } of SYSTEM_CONTRACTS.values()) {
    alloc[address] = { balance: '0x0', nonce: '0x1', code };
  }
  for (const { address } of deriveAccounts(mnemonic, count)) {
    alloc[address] = { balance: `0x${balance.toString(16)}` };
  }
  return {
    config: {
      chainId: options.chainId ?? DEV_CHAIN_ID,
      ...forkFields(options.fork ?? 'bpo2'),
      terminalTotalDifficulty: 0,
      terminalTotalDifficultyPassed: true,
      depositContractAddress: `0x${'00'.repeat(20)}`,
      blobSchedule: BLOB_SCHEDULE,
    },
    nonce: '0x0',
    timestamp: `0x${(options.timestamp ?? 0).toString(16)}`,
    extraData: '0x',
    gasLimit: `0x${(options.gasLimit ?? DEV_GAS_LIMIT).toString(16)}`,
    difficulty: '0x0',
    alloc,
    praline: {
      crashModel: options.crashModel ?? 'CFT',
      validators: options.validators ?? [],
      mining: options.mining ?? { mode: 'instant' },
      devMode: true,
      accounts: { mnemonic, count, path: DEV_PATH },
    },
  };
}

const BLOCK_FORKS = [
  'homesteadBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'petersburgBlock',
  'istanbulBlock',
  'muirGlacierBlock',
  'berlinBlock',
  'londonBlock',
  'arrowGlacierBlock',
  'grayGlacierBlock',
  'mergeNetsplitBlock',
];

/** Mainnet's: EIP-7691 and the blob-parameter forks of EIP-7892. Blobs per block. */
const BLOB_SCHEDULE = {
  cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 },
  prague: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
  osaka: { target: 6, max: 9, baseFeeUpdateFraction: 5_007_716 },
  bpo1: { target: 10, max: 15, baseFeeUpdateFraction: 8_346_193 },
  bpo2: { target: 14, max: 21, baseFeeUpdateFraction: 11_684_671 },
};

function forkFields(fork: DevFork): Record<string, number> {
  const fields: Record<string, number> = Object.fromEntries(BLOCK_FORKS.map((name) => [name, 0]));
  for (const name of DEV_FORKS.slice(1, DEV_FORKS.indexOf(fork) + 1)) fields[`${name}Time`] = 0;
  return fields;
}
