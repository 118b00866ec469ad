/**
 * Hashes of the latest pending transactions, held once for all filters: each filter remembers a position only, so what
 * strangers' filters hold, and what a transaction costs, does not grow with their number.
 */
import type { Hash } from '@praline/chain';

export class PendingHashes {
  readonly #countMax: number;
  #hashes: Hash[] = [];
  /** Of the first that is held. */
  #position = 0;

  /** Any reader may be behind by `countMax`. */
  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Position of the next hash to come. */
  get end(): number {
    return this.#position + this.#hashes.length;
  }

  add(hash: Hash): void {
    this.#hashes.push(hash);
    // Dropped by half, so that a hash is moved once at most.
    if (this.#hashes.length > 2 * this.#countMax) {
      const dropped = this.#hashes.length - this.#countMax;
      this.#hashes = this.#hashes.slice(dropped);
      this.#position += dropped;
    }
  }

  /** Those from a position on; undefined when there were more than `countMax`. */
  from(position: number): readonly Hash[] | undefined {
    return this.end - position > this.#countMax
      ? undefined
      : this.#hashes.slice(position - this.#position);
  }

  clear(): void {
    this.#position = this.end;
    this.#hashes = [];
  }
}
