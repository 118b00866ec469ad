/**
 * Clients that wait until their transaction is in a block that this node can read.
 *
 * A wait ends with the block, with the news that the pool dropped the transaction, or, when the network can not agree,
 * with `no-quorum` after a bounded time. The transaction stays pooled then and may be mined later.
 */
import type { ChainErrorCode, Hash } from '@praline/chain';
import { ChainError } from '@praline/chain/configuration';
import { noQuorumError } from '../gossip/no-quorum.ts';
import type { DroppedTransaction, NetworkView } from '../threads/thread-contracts.ts';
import { NetworkOutage } from './network-outage.ts';

/** Waits held at once; a further client gets its hash without waiting. */
const MAX_WAITS = 20_000;
/**
 * With a working network a client gets its hash after this long, mined or not: it can ask for the receipt itself. Below the 10 s after
 * which viem gives up a request, for a transaction may be pooled that no block takes now, such as under a raised base fee.
 */
const MAX_WAIT_MS = 8_000;

interface Wait {
  readonly since: number;
  resolve(): void;
  reject(error: Error): void;
}

export class InclusionWaits {
  readonly #isIncluded: (hash: Hash) => boolean;
  readonly #now: () => number;
  readonly #waits = new Map<Hash, Wait[]>();
  #count = 0;
  readonly #outage = new NetworkOutage();

  constructor(modules: {
    /** Whether a block that this thread can read holds the transaction. */
    readonly isIncluded: (hash: Hash) => boolean;
    /** Monotonic milliseconds. */
    readonly now: () => number;
  }) {
    this.#isIncluded = modules.isIncluded;
    this.#now = modules.now;
  }

  /** Waits that are open. */
  get count(): number {
    return this.#count;
  }

  /** Resolves once the transaction is in a readable block. Rejects with `ChainError`. */
  wait(hash: Hash): Promise<void> {
    if (this.#isIncluded(hash) || this.#count >= MAX_WAITS) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const wait: Wait = { since: this.#now(), resolve, reject };
      const waits = this.#waits.get(hash);
      if (waits === undefined) {
        this.#waits.set(hash, [wait]);
      } else {
        waits.push(wait);
      }
      this.#count += 1;
    });
  }

  included(hashes: readonly Hash[]): void {
    for (const hash of hashes) {
      this.#end(hash, (wait) => wait.resolve());
    }
  }

  dropped({ hash, code, message }: DroppedTransaction): void {
    this.#end(hash, (wait) => wait.reject(new ChainError(code as ChainErrorCode, message)));
  }

  /** Called often with what is known of the network. */
  tick(network: NetworkView): void {
    const now = this.#now();
    this.#outage.update(network, now);
    for (const [hash, [first]] of this.#waits) {
      const since = first?.since ?? now;
      if (this.#outage.isHopeless(since, now)) {
        const error = noQuorumError({
          connected: network.connectedValidators,
          needed: network.quorum,
          validators: network.validators,
        });
        this.#end(hash, (wait) => wait.reject(error));
      } else if (!this.#outage.isDown && now - since >= MAX_WAIT_MS) {
        this.#end(hash, (wait) => wait.resolve());
      }
    }
  }

  /** Blocks are not made at once any more, or the head went back: nobody knows when these are mined. */
  release(): void {
    for (const hash of [...this.#waits.keys()]) {
      this.#end(hash, (wait) => wait.resolve());
    }
  }

  close(): void {
    for (const hash of [...this.#waits.keys()]) {
      this.#end(hash, (wait) => wait.reject(new ChainError('closed', 'the node is shutting down')));
    }
  }

  #end(hash: Hash, how: (wait: Wait) => void): void {
    const waits = this.#waits.get(hash);
    if (waits === undefined) {
      return;
    }
    this.#waits.delete(hash);
    this.#count -= waits.length;
    for (const wait of waits) {
      how(wait);
    }
  }
}
