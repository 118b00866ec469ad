/**
 * The header of the block that would follow the head now: what a call on `pending` sees. Its state is the head's, and
 * what only the block's making decides (coinbase, randomness) is the head's too.
 */
import type { HeaderData } from '../block/block-data.ts';
import { headerOverrides, nextTimestamp, type Position } from '../development/position.ts';
import { nextExcessBlobGas } from '../execution/fee-rules.ts';
import { blockNumberOf } from '../primitives.ts';
import { nextFees } from './fee-history.ts';
import type { ForkRules } from './fork-rules.ts';

/** `unixSeconds` is the clock's time; a block is never older than its parent. */
export function pendingHeader(
  position: Position,
  modules: { readonly rules: ForkRules; readonly unixSeconds: number },
): HeaderData {
  const { head } = position;
  const number = blockNumberOf(head.number + 1);
  const timestamp = nextTimestamp(position, modules.unixSeconds);
  const { baseFeePerGas } = nextFees(head, { rules: (at, time) => modules.rules.at(at, time) });
  const rules = modules.rules.at(number, timestamp);
  return {
    ...head,
    parentHash: head.hash,
    number,
    timestamp,
    ...(baseFeePerGas !== undefined && { baseFeePerGas }),
    ...(rules.isActivatedEIP(4844) && { excessBlobGas: nextExcessBlobGas(head, rules) }),
    ...headerOverrides(position),
  };
}
