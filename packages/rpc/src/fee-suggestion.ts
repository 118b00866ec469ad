/** What to offer per gas: learnt from what recent transactions paid, as geth's oracle does. */
import type { ChainReader } from '@praline/chain';

/** Blocks looked at. */
const BLOCKS = 20;
/** Of the tips in a block, by gas. */
const PERCENTILE = 60;
const GWEI = 10n ** 9n;
/** Offered where nobody paid a tip lately. */
const DEFAULT_TIP = GWEI;
/** Never offered more, whatever others pay. */
const TIP_MAX = 500n * GWEI;

/** Tip that recent transactions paid, wei per gas: the median over blocks that had any. */
export function suggestedTip(reader: ChainReader): bigint {
  const { reward } = reader.feeHistory(BLOCKS, { tag: 'latest' }, [PERCENTILE]);
  const tips = (reward ?? [])
    .map((percentiles) => percentiles[0] ?? 0n)
    .filter((tip) => tip > 0n)
    .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const median = tips[Math.floor(tips.length / 2)] ?? DEFAULT_TIP;
  return median < TIP_MAX ? median : TIP_MAX;
}

/**
 * Gas price that gets a legacy transaction into the next block: its base fee and the usual tip. Not below the head's base
 * fee, since clients estimate gas with this price on the head, where a lower one is refused.
 */
export function suggestedGasPrice(reader: ChainReader): bigint {
  const next = reader.nextBlock().baseFeePerGas ?? 0n;
  const last = reader.head().baseFeePerGas ?? 0n;
  return (next > last ? next : last) + suggestedTip(reader);
}
