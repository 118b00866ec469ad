/** Block numbers under any of some posting prefixes, in order, read as they are asked for. */
import { blockNumberOf } from '../primitives.ts';
import { postingNumber, postingRange } from '../store/schema.ts';
import type { Tables } from '../store/tables.ts';

export class PostingUnion {
  readonly #cursors: readonly PostingCursor[];

  /** Of blocks `from..to`. */
  constructor(tables: Tables, prefixes: readonly Uint8Array[], from: number, to: number) {
    this.#cursors = prefixes.map((prefix) => new PostingCursor(tables, prefix, from, to));
  }

  /** The least number not below `least`. Questions must ascend. */
  from(least: number): number | undefined {
    let first: number | undefined;
    for (const cursor of this.#cursors) {
      const number = cursor.from(least);
      if (number !== undefined && (first === undefined || number < first)) first = number;
    }
    return first;
  }

  close(): void {
    for (const cursor of this.#cursors) cursor.close();
  }
}

/** Steps where the next posting is near, and jumps where it is not. */
class PostingCursor {
  readonly #tables: Tables;
  readonly #prefix: Uint8Array;
  readonly #to: number;
  #keys: Iterator<Uint8Array>;
  #current: number | undefined;

  constructor(tables: Tables, prefix: Uint8Array, from: number, to: number) {
    this.#tables = tables;
    this.#prefix = prefix;
    this.#to = to;
    this.#keys = this.#open(from);
    this.#current = this.#step();
  }

  from(least: number): number | undefined {
    if (this.#current === undefined || this.#current >= least) return this.#current;
    this.#current = this.#step();
    if (this.#current === undefined || this.#current >= least) return this.#current;
    this.close();
    this.#keys = this.#open(least);
    this.#current = this.#step();
    return this.#current;
  }

  close(): void {
    this.#keys.return?.();
  }

  #open(from: number): Iterator<Uint8Array> {
    if (from > this.#to) return [][Symbol.iterator]();
    const range = postingRange(this.#prefix, blockNumberOf(from), blockNumberOf(this.#to));
    return this.#tables.keys('postings', range)[Symbol.iterator]();
  }

  #step(): number | undefined {
    const next = this.#keys.next();
    return next.done === true ? undefined : postingNumber(next.value);
  }
}
