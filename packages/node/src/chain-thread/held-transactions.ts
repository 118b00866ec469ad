import type { Hash } from '@praline/chain';

/** A held transaction is let go after this long, in case the node it was signed for is gone. */
const HOLD_MS = 1_000;

/**
 * Transactions that this node, as leader, signed for a client of another node, and which must not be mined before that
 * node knows them: then a request that is repeated can not be mined twice. They are pooled, so that nonces go on
 * behind them, but not proposed.
 */
export class HeldTransactions {
  readonly #until = new Map<Hash, number>();
  readonly #now: () => number;

  /** `now`: monotonic milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  hold(hash: Hash): void {
    this.#until.set(hash, this.#now() + HOLD_MS);
  }

  /** The node it was signed for has it. True when it was held. */
  release(hash: Hash): boolean {
    return this.#until.delete(hash);
  }

  has(hash: Hash): boolean {
    return this.#until.has(hash);
  }

  /** Lets go what was held too long; true when there was something. */
  releaseExpired(): boolean {
    const now = this.#now();
    let released = false;
    for (const [hash, until] of this.#until) {
      // In the order of holding, so the first that is not due ends the search.
      if (until > now) {
        break;
      }
      this.#until.delete(hash);
      released = true;
    }
    return released;
  }
}
