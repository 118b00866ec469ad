/**
 * Which blocks are not here. A node that takes a snapshot has the block it was made at and what follows, and keeps what it
 * had before; between lies a gap. Every question about "is this block here" or "what is the lowest" is answered by this
 * file. Of blocks in a gap headers may be here (those that BLOCKHASH needs), bodies, receipts and states are not.
 */
import { RLP } from '@ethereumjs/rlp';
import { bigintToBytes, bytesToNumber } from '../encoding/quantity.ts';
import { ChainError, corruptStore } from '../errors.ts';
import { type BlockNumber, blockNumberOf } from '../primitives.ts';
import { metaKey } from './schema.ts';
import type { Snapshot, Tables, TableWriter } from './tables.ts';

/** Both inclusive. */
export interface HistoryGap {
  readonly from: BlockNumber;
  readonly to: BlockNumber;
}

export class HistoryGaps {
  /** Ascending, with blocks between each two. */
  readonly gaps: readonly HistoryGap[];

  private constructor(gaps: readonly HistoryGap[]) {
    this.gaps = gaps;
  }

  /** Throws `corrupt-store`. */
  static read(tables: Tables, snapshot?: Snapshot): HistoryGaps {
    const bytes = tables.getSealed('meta', metaKey('gaps'), snapshot);
    if (bytes === undefined) return new HistoryGaps([]);
    const numbers: unknown = RLP.decode(bytes);
    const gaps: HistoryGap[] = [];
    for (const pair of Array.isArray(numbers) ? numbers : []) {
      const [from, to]: unknown[] = Array.isArray(pair) ? pair : [];
      if (!(from instanceof Uint8Array) || !(to instanceof Uint8Array)) {
        throw corruptStore('the record of missing blocks can not be decoded');
      }
      gaps.push({ from: blockNumberOf(bytesToNumber(from)), to: blockNumberOf(bytesToNumber(to)) });
    }
    return new HistoryGaps(gaps);
  }

  /** Block from which on everything is here, up to the head. */
  get lowest(): BlockNumber {
    const last = this.gaps.at(-1);
    return blockNumberOf(last === undefined ? 0 : last.to + 1);
  }

  has(number: number): boolean {
    return this.firstIn(number, number) !== undefined;
  }

  /** The first gap that blocks `from..to` reach into. */
  firstIn(from: number, to: number): HistoryGap | undefined {
    return this.gaps.find((gap) => gap.from <= to && gap.to >= from);
  }

  /** The blocks at and below `number` without a gap: the least of them. `number` itself must be here. */
  startOfRun(number: number): BlockNumber {
    const below = this.gaps.findLast((gap) => gap.to < number);
    return blockNumberOf(below === undefined ? 0 : below.to + 1);
  }

  /** Throws `history-unavailable` when one of these blocks is not here. */
  require(from: number, to: number): void {
    const gap = this.firstIn(from, to);
    if (gap !== undefined) throw historyUnavailable(gap);
  }

  /** With the blocks above `below` and below `above` gone too. They are at the end of what is here. */
  with(below: BlockNumber, above: BlockNumber): HistoryGaps {
    if (above - below <= 1) return this;
    const from = blockNumberOf(below + 1);
    const to = blockNumberOf(above - 1);
    return new HistoryGaps([...this.gaps, { from, to }]);
  }

  write(writer: TableWriter): void {
    const pairs = this.gaps.map(({ from, to }) =>
      [from, to].map((one) => bigintToBytes(BigInt(one))),
    );
    writer.putSealed('meta', metaKey('gaps'), RLP.encode(pairs));
  }
}

function historyUnavailable({ to }: HistoryGap): ChainError {
  const next = to + 1;
  return new ChainError(
    'history-unavailable',
    `history before block ${next} is not here: this node started from a snapshot`,
    { lowest: next },
  );
}
