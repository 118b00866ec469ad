/** What a committed transaction printed, as text. */
import type { ExecutedTransaction } from '../execution/block-run.ts';
import type { Hash } from '../primitives.ts';
import { consoleLine } from './console-line.ts';

export interface PrintedLines {
  readonly transaction: Hash;
  readonly lines: readonly string[];
  /** Further lines that were not kept. */
  readonly omitted: number;
}

/** None, or one. */
export function printedBy({ signed, printed }: ExecutedTransaction): readonly PrintedLines[] {
  if (printed === undefined) return [];
  const { inputs, omitted } = printed;
  return [{ transaction: signed.data.hash, lines: inputs.map(consoleLine), omitted }];
}
