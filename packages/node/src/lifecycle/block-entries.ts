/** Finds the log entry that carries a block: numbers and indexes differ, since not every entry carries one. */
import { RLP } from '@ethereumjs/rlp';
import type { Entry, LogIndex } from 'mokka';
import { decodeBlockPayload } from '../chain-thread/block-payload.ts';

/** Blocks whose entries are remembered. */
const MAX_REMEMBERED = 4096;
/** Place of the number among a header's fields (Yellow Paper 4.3). */
const HEADER_NUMBER_FIELD = 8;
/** First bytes of RLP lists: up to 55 bytes of content, and above that with the length in further bytes. */
const SHORT_LIST = 0xc0;
const SHORT_LIST_MAX = 0xf7;
/** Entries without a block that may stand together; more would be more elections without a block between. */
const MAX_ENTRIES_WITHOUT_BLOCK = 10_000;
/** Entries looked at one by one for a block of a chain that went back to snapshots. */
const MAX_ENTRIES_SEARCHED = 100_000;

export class BlockEntries {
  readonly #entry: (index: LogIndex) => Promise<Entry | null>;
  readonly #lowest: () => number;
  readonly #remembered = new Map<number, number>();
  /** Whether the chain ever went back to a snapshot: then numbers do not rise with entries. */
  #hasReverted: boolean;

  /**
   * `entry` reads a stored entry, `lowest` tells the first that is kept; `hasReverted`: whether the chain can have gone back
   * to a snapshot.
   */
  constructor(
    entry: (index: LogIndex) => Promise<Entry | null>,
    lowest: () => number = () => 1,
    hasReverted = false,
  ) {
    this.#hasReverted = hasReverted;
    this.#entry = entry;
    this.#lowest = lowest;
  }

  remember(block: number, entryIndex: number): void {
    this.#remembered.set(block, entryIndex);
    if (this.#remembered.size > MAX_REMEMBERED) {
      const oldest = this.#remembered.keys().next();
      if (!oldest.done) {
        this.#remembered.delete(oldest.value);
      }
    }
  }

  /** The head went back to a snapshot. */
  headReverted(): void {
    this.#hasReverted = true;
    this.#remembered.clear();
  }

  /** The entry of a block at or below `last`; null when there is none, or none any more. Costs O(log entries) reads. */
  async find(block: number, last: number): Promise<LogIndex | null> {
    const known = this.#remembered.get(block);
    if (known !== undefined) {
      return known as LogIndex;
    }
    if (this.#hasReverted) {
      return this.#lastWith(block, last);
    }
    // Blocks are numbered in the order of their entries, and a block's entry is never below its number.
    let low = Math.max(block, this.#lowest());
    let high = last;
    while (low <= high) {
      const middle = Math.floor((low + high) / 2);
      const found = await this.#blockAtOrBelow(middle, low);
      if (found === null) {
        low = middle + 1;
      } else if (found.block === block) {
        return found.index as LogIndex;
      } else if (found.block < block) {
        low = middle + 1;
      } else {
        high = found.index - 1;
      }
    }
    return null;
  }

  /** The last entry with a block of this number, since those before were left by returns to snapshots. */
  async #lastWith(block: number, last: number): Promise<LogIndex | null> {
    const end = Math.max(block, this.#lowest(), last - MAX_ENTRIES_SEARCHED);
    for (let index = last; index >= end; index -= 1) {
      const entry = await this.#entry(index as LogIndex);
      if (entry !== null && blockNumberOf(entry) === block) {
        return index as LogIndex;
      }
    }
    return null;
  }

  async #blockAtOrBelow(
    from: number,
    lowest: number,
  ): Promise<{ readonly index: number; readonly block: number } | null> {
    const end = Math.max(lowest, from - MAX_ENTRIES_WITHOUT_BLOCK);
    for (let index = from; index >= end; index -= 1) {
      const entry = await this.#entry(index as LogIndex);
      const block = entry === null ? null : blockNumberOf(entry);
      if (block !== null) {
        return { index, block };
      }
    }
    return null;
  }
}

/** Number of the block an entry carries; null without one. Reads the header only: a block can take megabytes. */
function blockNumberOf(entry: Entry): number | null {
  const raw = entry.kind === 'payload' ? decodeBlockPayload(entry.payload) : undefined;
  const first = raw?.[0];
  if (raw === undefined || first === undefined || first < SHORT_LIST) {
    return null;
  }
  const prefixBytes = first > SHORT_LIST_MAX ? 1 + first - SHORT_LIST_MAX : 1;
  const header: unknown = RLP.decode(raw.subarray(prefixBytes), true).data;
  const number: unknown = Array.isArray(header) ? header[HEADER_NUMBER_FIELD] : null;
  return number instanceof Uint8Array
    ? Number(BigInt(`0x0${Buffer.from(number).toString('hex')}`))
    : null;
}
