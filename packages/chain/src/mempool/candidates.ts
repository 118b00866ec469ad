/**
 * Transactions for the next block, best tip first, each sender's in nonce order, and first come first served on equal
 * tips. Starting costs one step per sender, every transaction after that O(log senders).
 */
import type { Address } from '../primitives.ts';
import { IndexedHeap } from './indexed-heap.ts';
import { effectiveTip, type PooledTransaction } from './pooled-transaction.ts';
import type { SenderQueue } from './sender-queue.ts';

export interface CandidateOptions {
  /** Of the block to be built, wei per gas; zero before London. */
  readonly baseFee: bigint;
  /** Of the block to be built, wei per blob gas. */
  readonly blobBaseFee?: bigint;
  /**
   * Account nonce in the state the block is built on, when that is not the committed head: transactions of blocks in
   * flight are in the pool until those commit, and must not be proposed twice.
   */
  readonly nonceOf?: (address: Address) => bigint;
}

interface Cursor {
  readonly queue: SenderQueue;
  readonly transaction: PooledTransaction;
  readonly tip: bigint;
}

export class Candidates {
  readonly #options: CandidateOptions;
  readonly #heap: IndexedHeap<Cursor>;

  constructor(queues: Iterable<SenderQueue>, options: CandidateOptions) {
    this.#options = options;
    const cursors: Cursor[] = [];
    for (const queue of queues) {
      if (queue.pendingCount === 0) continue;
      const nonce = options.nonceOf?.(queue.address) ?? queue.account.nonce;
      const cursor = this.#cursor(queue, nonce);
      if (cursor !== undefined) cursors.push(cursor);
    }
    this.#heap = new IndexedHeap(isBetter, cursors);
  }

  /** The best transaction not yet accepted or skipped. */
  current(): PooledTransaction | undefined {
    return this.#heap.peek()?.transaction;
  }

  /** The current one is in the block: its sender's next becomes a candidate. */
  accept(): void {
    const cursor = this.#heap.peek();
    if (cursor === undefined) return;
    this.#heap.remove(cursor);
    const next = this.#cursor(cursor.queue, cursor.transaction.data.nonce + 1n);
    if (next !== undefined) this.#heap.add(next);
  }

  /** The current one does not fit or fails: nothing more of its sender in this block. */
  skipSender(): void {
    const cursor = this.#heap.peek();
    if (cursor !== undefined) this.#heap.remove(cursor);
  }

  /** Hands out one after the other; who takes them skips what follows one that does not fit. */
  *[Symbol.iterator](): Generator<PooledTransaction> {
    for (let next = this.current(); next !== undefined; next = this.current()) {
      yield next;
      this.accept();
    }
  }

  #cursor(queue: SenderQueue, nonce: bigint): Cursor | undefined {
    const transaction = nonce < queue.account.nonce ? undefined : queue.pendingAt(nonce);
    if (transaction === undefined) return undefined;
    const tip = effectiveTip(transaction, this.#options.baseFee);
    if (tip < 0n) return undefined;
    const { maxFeePerBlobGas } = transaction.data;
    const { blobBaseFee = 0n } = this.#options;
    if (maxFeePerBlobGas !== undefined && maxFeePerBlobGas < blobBaseFee) return undefined;
    return { queue, transaction, tip };
  }
}

function isBetter(left: Cursor, right: Cursor): boolean {
  if (left.tip !== right.tip) return left.tip > right.tip;
  return left.transaction.arrival < right.transaction.arrival;
}
