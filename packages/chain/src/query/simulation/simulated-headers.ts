/** The headers of simulated blocks as far as they are known before anything runs. */
import type { Common } from '@ethereumjs/common';
import type { HeaderData } from '../../block/block-data.ts';
import { EMPTY_BLOOM } from '../../block/bloom.ts';
import type { HeaderFields } from '../../block/header-codec.ts';
import { EMPTY_LIST_HASH, EMPTY_TRIE_ROOT } from '../../crypto/keccak.ts';
import { ChainError } from '../../errors.ts';
import { nextBaseFee, nextExcessBlobGas } from '../../execution/fee-rules.ts';
import { EMPTY_REQUESTS_HASH, ZERO_HASH } from '../../genesis/genesis.ts';
import { blockNumberOf, weiOf } from '../../primitives.ts';
import type { BlockToSimulate } from './simulation-request.ts';

/** In one request, those between the given ones included (geth's `maxSimulateBlocks`). */
const BLOCKS_MAX = 256n;
/** Seconds between blocks where nothing else is asked for. */
const BLOCK_SECONDS = 12n;

export interface PlannedBlock extends BlockToSimulate {
  readonly number: bigint;
  readonly timestamp: bigint;
}

/**
 * Every block with its number and time, the empty ones between them included. Throws `block-number-order`,
 * `block-time-order` and `too-many-blocks`.
 */
export function planBlocks(base: HeaderData, blocks: readonly BlockToSimulate[]): PlannedBlock[] {
  const planned: PlannedBlock[] = [];
  let number = BigInt(base.number);
  let timestamp = BigInt(base.timestamp);
  if (BigInt(blocks.length) > BLOCKS_MAX) throw tooManyBlocks();
  for (const block of blocks) {
    const { number: wanted = number + 1n, time } = block.blockOverrides ?? {};
    if (wanted <= number) {
      throw new ChainError(
        'block-number-order',
        `block numbers must be in order: ${wanted} <= ${number}`,
      );
    }
    if (wanted - BigInt(base.number) > BLOCKS_MAX) throw tooManyBlocks();
    while (number + 1n < wanted) {
      number += 1n;
      timestamp += BLOCK_SECONDS;
      planned.push({ number, timestamp, calls: [] });
    }
    if (time !== undefined && time <= timestamp) {
      throw new ChainError(
        'block-time-order',
        `block timestamps must be in order: ${time} <= ${timestamp}`,
      );
    }
    number = wanted;
    timestamp = time ?? timestamp + BLOCK_SECONDS;
    planned.push({ ...block, number, timestamp });
  }
  return planned;
}

/** Throws `invalid-request` for a number or time beyond 2^53. */
export function plannedHeader(
  parent: HeaderData,
  { number, timestamp, blockOverrides = {} }: PlannedBlock,
  { rules, validation }: { readonly rules: Common; readonly validation: boolean },
): HeaderFields {
  const active = (eip: number): boolean => rules.isActivatedEIP(eip);
  const baseFee = blockOverrides.baseFeePerGas ?? (validation ? nextBaseFee(parent) : weiOf(0n));
  return {
    parentHash: parent.hash,
    ommersHash: EMPTY_LIST_HASH,
    beneficiary: blockOverrides.feeRecipient ?? parent.beneficiary,
    stateRoot: ZERO_HASH,
    transactionsRoot: EMPTY_TRIE_ROOT,
    receiptsRoot: EMPTY_TRIE_ROOT,
    logsBloom: EMPTY_BLOOM,
    difficulty: parent.difficulty,
    number: blockNumberOf(number),
    gasLimit: blockOverrides.gasLimit ?? parent.gasLimit,
    gasUsed: 0n,
    timestamp: blockNumberOf(timestamp),
    extraData: '0x',
    mixHash: blockOverrides.prevRandao ?? ZERO_HASH,
    nonce: '0x0000000000000000',
    ...(active(1559) && { baseFeePerGas: baseFee }),
    ...(active(4895) && { withdrawalsRoot: EMPTY_TRIE_ROOT }),
    ...(active(4844) && { blobGasUsed: 0n, excessBlobGas: nextExcessBlobGas(parent, rules) }),
    ...(active(4788) && { parentBeaconBlockRoot: ZERO_HASH }),
    ...(active(7685) && { requestsHash: EMPTY_REQUESTS_HASH }),
  };
}

function tooManyBlocks(): ChainError {
  return new ChainError('too-many-blocks', 'too many blocks');
}
