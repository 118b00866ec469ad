/** `eth_feeHistory`: base fees, gas use and tips of recent blocks (EIP-1559), as geth's oracle computes them. */
import type { Common } from '@ethereumjs/common';
import type { HeaderData, ReceiptData } from '../block/block-data.ts';
import { ChainError } from '../errors.ts';
import { blobBaseFee, nextBaseFee, nextExcessBlobGas } from '../execution/fee-rules.ts';
import { type BlockNumber, blockNumberOf, type Wei, weiOf } from '../primitives.ts';
import type { FeeHistory } from './chain-reader.ts';

/** Blocks in one answer. */
const FEE_HISTORY_BLOCKS_MAX = 1_024;
/** Gas of all blocks whose receipts one question reads: seconds of work would keep a thread from other clients. */
const FEE_HISTORY_GAS_MAX = 600_000_000n;
/** Percentiles in one question. */
const FEE_PERCENTILES_MAX = 100;

export interface FeeHistorySource {
  /** The lowest block below the newest without a gap between. */
  readonly oldest: BlockNumber;
  header(number: BlockNumber): HeaderData;
  receipts(header: HeaderData): readonly ReceiptData[];
  /** Parameters at the fork of a block. */
  rules(number: BlockNumber, timestamp: number): Common;
}

/**
 * Of up to `blockCount` blocks that end with `newest`, fewer where history begins; at most `FEE_HISTORY_BLOCKS_MAX`, and with percentiles fewer
 * where blocks are full, since tips are in the receipts. Throws `invalid-request` for
 * percentiles out of order or range.
 */
export function feeHistory(
  source: FeeHistorySource,
  blockCount: number,
  newest: HeaderData,
  percentiles: readonly number[],
): FeeHistory {
  checkPercentiles(percentiles);
  const here = newest.number - source.oldest + 1;
  const wanted = Math.min(Math.max(0, blockCount), FEE_HISTORY_BLOCKS_MAX, here);
  const headers: HeaderData[] = [];
  let gas = 0n;
  while (headers.length < wanted) {
    const header = source.header(blockNumberOf(newest.number - headers.length));
    gas += header.gasUsed;
    if (percentiles.length > 0 && headers.length > 0 && gas > FEE_HISTORY_GAS_MAX) break;
    headers.unshift(header);
  }
  const count = headers.length;
  const oldest = blockNumberOf(newest.number - count + 1);
  const rulesOf = (header: HeaderData) => source.rules(header.number, header.timestamp);
  const blobFeeOf = (header: HeaderData): Wei =>
    header.excessBlobGas === undefined
      ? weiOf(0n)
      : blobBaseFee(header.excessBlobGas, rulesOf(header));
  const history = {
    oldestBlock: count === 0 ? blockNumberOf(0) : oldest,
    baseFeePerGas: headers.map(({ baseFeePerGas }) => baseFeePerGas ?? weiOf(0n)),
    gasUsedRatio: headers.map(({ gasUsed, gasLimit }) => ratio(gasUsed, gasLimit)),
    baseFeePerBlobGas: headers.map(blobFeeOf),
    blobGasUsedRatio: headers.map((header) => blobRatio(header, rulesOf(header))),
  };
  if (count > 0) {
    const next = nextFees(newest, source);
    history.baseFeePerGas.push(next.baseFeePerGas ?? weiOf(0n));
    history.baseFeePerBlobGas.push(next.blobBaseFee ?? weiOf(0n));
  }
  if (percentiles.length === 0) return history;
  return { ...history, reward: headers.map((header) => rewardsOf(source, header, percentiles)) };
}

/** Fees of the block that follows, as far as its fork has them. Its time is taken as a second later. */
export function nextFees(
  parent: HeaderData,
  source: Pick<FeeHistorySource, 'rules'>,
): { readonly baseFeePerGas?: Wei; readonly blobBaseFee?: Wei } {
  const rules = source.rules(blockNumberOf(parent.number + 1), parent.timestamp + 1);
  return {
    ...(rules.isActivatedEIP(1559) && { baseFeePerGas: nextBaseFee(parent) }),
    ...(rules.isActivatedEIP(4844) && {
      blobBaseFee: blobBaseFee(nextExcessBlobGas(parent, rules), rules),
    }),
  };
}

function checkPercentiles(percentiles: readonly number[]): void {
  if (percentiles.length > FEE_PERCENTILES_MAX) {
    throw new ChainError(
      'invalid-request',
      `over the query limit ${FEE_PERCENTILES_MAX}: ${percentiles.length}`,
    );
  }
  for (const [index, percentile] of percentiles.entries()) {
    const before = percentiles[index - 1] ?? 0;
    if (!(percentile >= 0 && percentile <= 100)) {
      throw new ChainError('invalid-request', `invalid reward percentile: ${percentile}`);
    }
    if (percentile < before) {
      throw new ChainError(
        'invalid-request',
        `invalid reward percentile: #${index - 1}:${before} >= #${index}:${percentile}`,
      );
    }
  }
}

/** Tips that were paid for the gas at these percentiles of the block's gas, ascending by tip. */
function rewardsOf(
  source: FeeHistorySource,
  header: HeaderData,
  percentiles: readonly number[],
): readonly Wei[] {
  if (header.gasUsed === 0n) return percentiles.map(() => weiOf(0n));
  const baseFee = header.baseFeePerGas ?? 0n;
  const tips = source
    .receipts(header)
    .map(({ effectiveGasPrice, gasUsed }) => ({ tip: effectiveGasPrice - baseFee, gasUsed }))
    .sort((left, right) => (left.tip < right.tip ? -1 : left.tip > right.tip ? 1 : 0));
  let position = 0;
  let gas = tips[0]?.gasUsed ?? 0n;
  return percentiles.map((percentile) => {
    const threshold = BigInt(Math.floor((Number(header.gasUsed) * percentile) / 100));
    while (gas < threshold && position < tips.length - 1) {
      position += 1;
      gas += tips[position]?.gasUsed ?? 0n;
    }
    return weiOf(tips[position]?.tip ?? 0n);
  });
}

function blobRatio({ blobGasUsed }: HeaderData, rules: Common): number {
  if (blobGasUsed === undefined || blobGasUsed === 0n) return 0;
  return ratio(blobGasUsed, rules.getBlobGasSchedule().maxBlobGasPerBlock);
}

function ratio(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number(part) / Number(whole);
}
