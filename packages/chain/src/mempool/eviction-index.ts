/**
 * Who has to leave a full pool. Fairness before price: first what nobody can execute yet, for its nonce, its funds or
 * the base fee; then the latest transaction of the sender with the most; only among senders with no fewer than the
 * newcomer's does the price decide. So a sender can not push out others, however much it pays and however many
 * transactions it sends; nor can one with many accounts, unless each has funds for the base fee.
 */
import type { Address } from '../primitives.ts';
import { IndexedHeap } from './indexed-heap.ts';
import type { PooledTransaction } from './pooled-transaction.ts';
import type { SenderQueue } from './sender-queue.ts';

export class EvictionIndex {
  readonly #queues: ReadonlyMap<Address, SenderQueue>;
  readonly #members = new Set<SenderQueue>();
  readonly #byQueued = new IndexedHeap<SenderQueue>(
    (left, right) => left.queuedCount > right.queuedCount,
  );
  readonly #bySize = new IndexedHeap<SenderQueue>((left, right) => left.size > right.size);
  readonly #byPrice = new IndexedHeap<PooledTransaction>((left, right) =>
    left.feeCap === right.feeCap ? left.arrival > right.arrival : left.feeCap < right.feeCap,
  );

  /** `queues` is the pool's own map. */
  constructor(queues: ReadonlyMap<Address, SenderQueue>) {
    this.#queues = queues;
  }

  queueChanged(queue: SenderQueue): void {
    const heaps = [this.#byQueued, this.#bySize];
    if (queue.size === 0) {
      this.#members.delete(queue);
      for (const heap of heaps) heap.remove(queue);
    } else if (this.#members.has(queue)) {
      for (const heap of heaps) heap.update(queue);
    } else {
      this.#members.add(queue);
      for (const heap of heaps) heap.add(queue);
    }
  }

  added(transaction: PooledTransaction): void {
    this.#byPrice.add(transaction);
  }

  removed(transaction: PooledTransaction): void {
    this.#byPrice.remove(transaction);
  }

  /** The transaction that makes room for a newcomer of `queue`, or undefined when the newcomer has to stay out. */
  victimFor(
    newcomer: PooledTransaction,
    queue: SenderQueue,
    baseFee: bigint,
  ): PooledTransaction | undefined {
    const cheapest = this.#byPrice.peek();
    const owner = cheapest === undefined ? undefined : this.#queues.get(cheapest.data.from);
    const share = queue.size + 1;
    if (newcomer.feeCap >= baseFee) {
      const isExecutable = queue.isExecutable(newcomer.data.nonce, newcomer.cost);
      const waiting = this.#byQueued.peek();
      if (isExecutable && waiting !== undefined && waiting !== queue && waiting.queuedCount > 0) {
        return waiting.last;
      }
      const isCheapestIdle = cheapest !== undefined && cheapest.feeCap < baseFee;
      if (isExecutable && isCheapestIdle && owner !== queue) return cheapest;
      const largest = this.#bySize.peek();
      if (largest !== undefined && largest !== queue && largest.size > share) return largest.last;
    }
    if (cheapest === undefined || cheapest.feeCap >= newcomer.feeCap) return undefined;
    return owner === undefined || owner === queue || owner.size < share ? undefined : cheapest;
  }
}
