/**
 * The parameters of `@ethereumjs` for a chain: which fork is active where, and what each changes.
 */
import { type Common, createCommonFromGethGenesis } from '@ethereumjs/common';
import { keccak256 } from '../crypto/keccak.ts';
import { kzg } from '../crypto/kzg.ts';
import { ChainError } from '../errors.ts';
import { FORK_BLOCKS, FORK_TIMES, type GenesisFile } from './genesis-file.ts';

/** Throws `ChainError` `invalid-genesis` on forks the library does not know or that contradict each other. */
export function createCommon(file: GenesisFile): Common {
  const { config } = file;
  checkForkOrder(file);
  checkBlobSchedule(file);
  const forkFields = Object.fromEntries(
    [...FORK_BLOCKS, ...FORK_TIMES].flatMap((name) => {
      const value = config[name];
      return value === null || value === undefined ? [] : [[name, value]];
    }),
  );
  try {
    return createCommonFromGethGenesis(
      {
        name: 'praline',
        config: {
          ...forkFields,
          chainId: Number(config.chainId),
          ...(config.depositContractAddress && {
            depositContractAddress: config.depositContractAddress,
          }),
          ...(config.blobSchedule && { blobSchedule: customBlobLimits(config.blobSchedule) }),
          // A chain without difficulty to reach is past the merge from its first block on.
          terminalTotalDifficultyPassed:
            config.terminalTotalDifficultyPassed === true || config.terminalTotalDifficulty === 0n,
        },
        difficulty: `0x${file.difficulty.toString(16)}`,
        gasLimit: `0x${file.gasLimit.toString(16)}`,
        nonce: `0x${file.nonce.toString(16).padStart(16, '0')}`,
        timestamp: `0x${file.timestamp.toString(16)}`,
        extraData: file.extraData,
        mixHash: file.mixHash,
        coinbase: file.coinbase,
        alloc: {},
      } as unknown as Parameters<typeof createCommonFromGethGenesis>[0],
      { chain: 'praline', customCrypto: { kzg, keccak256 } },
    );
  } catch (error) {
    throw new ChainError('invalid-genesis', `genesis: config: ${(error as Error).message}`, {
      path: 'config',
    });
  }
}

/** A copy at the fork of a block with this number and time. */
export function commonAt(common: Common, number: number, timestamp: number): Common {
  const copy = common.copy();
  copy.setHardforkBy({ blockNumber: BigInt(number), timestamp: BigInt(timestamp) });
  return copy;
}

function checkForkOrder(file: GenesisFile): void {
  for (const names of [FORK_BLOCKS, FORK_TIMES]) {
    let last: { name: string; value: number } | undefined;
    for (const name of names) {
      const value = file.config[name];
      if (value === null || value === undefined) continue;
      if (last !== undefined && value < last.value) {
        throw new ChainError(
          'invalid-genesis',
          `genesis: config.${name}: must not be before ${last.name} (${last.value})`,
          { path: `config.${name}` },
        );
      }
      last = { name, value };
    }
  }
}

/** What the library has built in for the blob-parameter forks; it does not take other values for them. */
const BLOB_FORKS: Readonly<Record<string, { target: number; max: number; fraction: number }>> = {
  bpo1: { target: 10, max: 15, fraction: 8_346_193 },
  bpo2: { target: 14, max: 21, fraction: 11_684_671 },
};

/** The blob-parameter forks are left to the library, which has them built in. */
function customBlobLimits<Limits>(schedule: Record<string, Limits>): Record<string, Limits> {
  return Object.fromEntries(Object.entries(schedule).filter(([fork]) => !(fork in BLOB_FORKS)));
}

function checkBlobSchedule(file: GenesisFile): void {
  for (const [fork, limits] of Object.entries(file.config.blobSchedule ?? {})) {
    if (!fork.startsWith('bpo')) continue;
    const known = BLOB_FORKS[fork];
    const same =
      known !== undefined &&
      known.target === limits.target &&
      known.max === limits.max &&
      known.fraction === limits.baseFeeUpdateFraction;
    if (same) continue;
    const path = `config.blobSchedule.${fork}`;
    throw new ChainError(
      'invalid-genesis',
      `genesis: ${path}: only mainnet's values are supported`,
      {
        path,
      },
    );
  }
}
