/**
 * Transactions that wait for a block, on top of the committed head. Admission, wording and replacement follow geth's
 * pool; eviction is fair first (see `Eviction`). Single-threaded and synchronous: it lives with the chain, and the
 * work of a committed block is proportional to the senders it touched.
 */
import type { Common } from '@ethereumjs/common';
import type { TransactionData } from '../block/block-data.ts';
import { ChainError } from '../errors.ts';
import type { Address, Hash } from '../primitives.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import { validateTransaction } from '../transaction/validate.ts';
import { type CandidateOptions, Candidates } from './candidates.ts';
import { EvictionIndex } from './eviction-index.ts';
import { DEFAULT_MEMPOOL_LIMITS, type MempoolLimits, PRICE_BUMP_PERCENT } from './limits.ts';
import type { PoolContent, PoolStatus } from './pool-view.ts';
import { type PooledTransaction, pooled } from './pooled-transaction.ts';
import { type SenderAccount, SenderQueue } from './sender-queue.ts';

/** The committed head. It may be ahead of the last `onBlockCommitted`, for the time until that call. */
export interface MempoolHead {
  /** Zero nonce and balance for a missing account. */
  account(address: Address): SenderAccount;
  /** Of the next block. */
  gasLimit(): bigint;
  /** Of the next block, wei per gas; zero where there is none. */
  baseFee(): bigint;
  /** Chain rules of the next block. */
  common(): Common;
}

export type DropReason =
  | 'replaced'
  /** Another transaction with its nonce is in the chain. */
  | 'nonce-too-low'
  | 'insufficient-funds'
  | 'exceeds-block-gas-limit'
  /** The pool was full. */
  | 'evicted'
  /** Execution refused it, or somebody asked for it. */
  | 'invalid';

export interface DroppedTransaction {
  readonly hash: Hash;
  readonly reason: DropReason;
  /** For logs and clients. */
  readonly detail: string;
}

export interface MempoolListener {
  /** It became executable, on arrival or later. */
  readonly pending?: (transaction: PooledTransaction) => void;
  /** It left the pool without being mined. */
  readonly dropped?: (dropped: DroppedTransaction) => void;
}

export interface AddedTransaction {
  readonly transaction: PooledTransaction;
  /** `queued`: behind a nonce gap, or beyond what the balance covers together with those before it. */
  readonly place: 'pending' | 'queued';
}

export class Mempool {
  readonly #head: MempoolHead;
  readonly #limits: MempoolLimits;
  readonly #byHash = new Map<Hash, PooledTransaction>();
  readonly #queues = new Map<Address, SenderQueue>();
  readonly #eviction: EvictionIndex;
  readonly #listeners = new Set<MempoolListener>();
  #bytes = 0;
  #pendingCount = 0;
  #arrivals = 0;

  constructor(head: MempoolHead, limits: MempoolLimits = DEFAULT_MEMPOOL_LIMITS) {
    this.#head = head;
    this.#limits = limits;
    this.#eviction = new EvictionIndex(this.#queues);
  }

  /** Calls back until the returned function is called. */
  listen(listener: MempoolListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Takes a transaction. Throws `ChainError` with the first rule that it breaks; the pool is then unchanged.
   */
  add(signed: SignedTransaction): AddedTransaction {
    const { data } = signed;
    if (this.#byHash.has(data.hash)) throw new ChainError('already-known', 'already known');
    validateTransaction(data, this.#head.common());
    if (data.gasLimit > this.#head.gasLimit()) {
      throw new ChainError('exceeds-block-gas-limit', 'exceeds block gas limit', {
        gasLimit: data.gasLimit,
        blockGasLimit: this.#head.gasLimit(),
      });
    }
    const queue = this.#currentQueue(data.from);
    const transaction = pooled(signed, this.#arrivals);
    const previous = queue.find(data.nonce);
    requireNonce(data, queue.account);
    requireFunds(transaction, previous, queue);
    if (previous === undefined) {
      this.#requireSenderRoom(transaction, queue);
    } else {
      requirePriceBump(transaction, previous);
    }
    const evicted = this.#makeRoom(transaction, previous, queue);
    this.#arrivals += 1;
    this.#queues.set(queue.address, queue);
    const promoted = this.#change(queue, () => {
      if (previous === undefined) return queue.insert(transaction);
      this.#forget(previous);
      return queue.replace(previous, transaction);
    });
    this.#remember(transaction);
    for (const victim of evicted) this.#emitDropped(victim, 'evicted', 'the pool is full');
    if (previous !== undefined) this.#emitDropped(previous, 'replaced', `by ${data.hash}`);
    this.#emitPending(promoted);
    return {
      transaction,
      place: queue.pendingAt(data.nonce) === transaction ? 'pending' : 'queued',
    };
  }

  get(hash: Hash): PooledTransaction | undefined {
    return this.#byHash.get(hash);
  }

  /** The account's nonce after its pending transactions. */
  pendingNonce(address: Address): bigint {
    const queue = this.#queues.get(address);
    if (queue === undefined) return this.#head.account(address).nonce;
    return queue.account.nonce + BigInt(queue.pendingCount);
  }

  status(): PoolStatus {
    return { pending: this.#pendingCount, queued: this.#byHash.size - this.#pendingCount };
  }

  /** Length of all transactions. */
  get bytes(): number {
    return this.#bytes;
  }

  content(): PoolContent {
    const pending = new Map<Address, readonly TransactionData[]>();
    const queued = new Map<Address, readonly TransactionData[]>();
    for (const [address, queue] of this.#queues) {
      const dataOf = ({ data }: PooledTransaction) => data;
      if (queue.pendingCount > 0) pending.set(address, queue.pending().map(dataOf));
      if (queue.queuedCount > 0) queued.set(address, queue.queued().map(dataOf));
    }
    return { pending, queued };
  }

  /** Every transaction, in order of arrival: what a node that comes back is sent. */
  transactions(): readonly PooledTransaction[] {
    return [...this.#byHash.values()].sort((left, right) => left.arrival - right.arrival);
  }

  /** See `Candidates`. The pool must not change while a block is built, except by `dropInvalid`. */
  candidates(options: CandidateOptions): Candidates {
    return new Candidates(this.#queues.values(), options);
  }

  /**
   * Follows the head after a block or another change of state. `touched` are the accounts whose nonce or balance may
   * differ, `mined` the transactions of the block; the head must answer from the new state already.
   */
  onBlockCommitted(touched: Iterable<Address>, mined: ReadonlySet<Hash>): void {
    for (const address of touched) {
      const queue = this.#queues.get(address);
      if (queue !== undefined) this.#synchronize(queue, mined);
    }
  }

  /** Follows a change of any account or of the chain's rules; `mined` as far as it is known. */
  onStateReplaced(mined: ReadonlySet<Hash> = new Set()): void {
    for (const queue of [...this.#queues.values()]) this.#synchronize(queue, mined);
  }

  /** Removes a transaction that execution refuses; those behind it are queued. False when it is not here. */
  dropInvalid(hash: Hash, detail: string): boolean {
    return this.#drop(hash, 'invalid', detail);
  }

  /**
   * A known sender's account stays as of the last `onBlockCommitted`. The head can be a block ahead of it, and only that
   * call tells a mined transaction from one whose nonce another took.
   */
  #currentQueue(address: Address): SenderQueue {
    return this.#queues.get(address) ?? new SenderQueue(address, this.#head.account(address));
  }

  #requireSenderRoom(transaction: PooledTransaction, queue: SenderQueue): void {
    const { senderCountMax, senderQueuedMax } = this.#limits;
    const executable = queue.isExecutable(transaction.data.nonce, transaction.cost);
    if (queue.size >= senderCountMax || (!executable && queue.queuedCount >= senderQueuedMax)) {
      throw new ChainError(
        'account-limit-exceeded',
        `account limit exceeded: pooled ${queue.size} txs, ${queue.queuedCount} of them not executable`,
      );
    }
  }

  /** Takes out what has to leave for the newcomer, or puts it all back and throws. */
  #makeRoom(
    transaction: PooledTransaction,
    previous: PooledTransaction | undefined,
    queue: SenderQueue,
  ): readonly PooledTransaction[] {
    const evicted: PooledTransaction[] = [];
    const count = previous === undefined ? 1 : 0;
    const bytes = transaction.raw.length - (previous?.raw.length ?? 0);
    while (
      this.#byHash.size + count > this.#limits.countMax ||
      this.#bytes + bytes > this.#limits.bytesMax
    ) {
      const victim = this.#eviction.victimFor(transaction, queue, this.#head.baseFee());
      if (victim === undefined) {
        for (const put of evicted.reverse()) this.#putBack(put);
        throw new ChainError('pool-full', 'txpool is full');
      }
      evicted.push(victim);
      this.#take(victim);
    }
    return evicted;
  }

  #putBack(transaction: PooledTransaction): void {
    const { from } = transaction.data;
    const queue = this.#queues.get(from) ?? new SenderQueue(from, this.#head.account(from));
    this.#queues.set(from, queue);
    this.#change(queue, () => queue.insert(transaction));
    this.#remember(transaction);
  }

  #synchronize(queue: SenderQueue, mined: ReadonlySet<Hash>): void {
    const account = this.#head.account(queue.address);
    const { stale, promoted } = this.#change(queue, () => queue.setAccount(account));
    for (const transaction of stale) {
      this.#forget(transaction);
      if (mined.has(transaction.data.hash)) continue;
      this.#emitDropped(transaction, 'nonce-too-low', 'its nonce is used');
    }
    const gasLimit = this.#head.gasLimit();
    for (const transaction of queue.unpayable(gasLimit)) {
      const { hash } = transaction.data;
      if (transaction.data.gasLimit > gasLimit) {
        this.#drop(hash, 'exceeds-block-gas-limit', 'exceeds block gas limit');
      } else {
        this.#drop(hash, 'insufficient-funds', 'insufficient funds for gas * price + value');
      }
    }
    if (queue.size === 0) this.#queues.delete(queue.address);
    this.#emitPending(promoted.filter(({ data }) => this.#byHash.has(data.hash)));
  }

  #drop(hash: Hash, reason: DropReason, detail: string): boolean {
    const transaction = this.#byHash.get(hash);
    if (transaction === undefined) return false;
    this.#take(transaction);
    this.#emitDropped(transaction, reason, detail);
    return true;
  }

  #take(transaction: PooledTransaction): void {
    const queue = this.#queues.get(transaction.data.from);
    if (queue === undefined) throw new Error('A pooled transaction has no queue.');
    this.#change(queue, () => queue.remove(transaction));
    this.#forget(transaction);
    if (queue.size === 0) this.#queues.delete(queue.address);
  }

  /** Runs a change of a queue and accounts for it. */
  #change<T>(queue: SenderQueue, run: () => T): T {
    const before = queue.pendingCount;
    const result = run();
    this.#pendingCount += queue.pendingCount - before;
    this.#eviction.queueChanged(queue);
    return result;
  }

  #remember(transaction: PooledTransaction): void {
    this.#byHash.set(transaction.data.hash, transaction);
    this.#bytes += transaction.raw.length;
    this.#eviction.added(transaction);
  }

  #forget(transaction: PooledTransaction): void {
    this.#byHash.delete(transaction.data.hash);
    this.#bytes -= transaction.raw.length;
    this.#eviction.removed(transaction);
  }

  #emitPending(transactions: readonly PooledTransaction[]): void {
    for (const transaction of transactions) {
      for (const listener of this.#listeners) listener.pending?.(transaction);
    }
  }

  #emitDropped({ data }: PooledTransaction, reason: DropReason, detail: string): void {
    for (const listener of this.#listeners) listener.dropped?.({ hash: data.hash, reason, detail });
  }
}

function requireNonce({ nonce }: TransactionData, account: SenderAccount): void {
  if (nonce >= account.nonce) return;
  throw new ChainError(
    'nonce-too-low',
    `nonce too low: next nonce ${account.nonce}, tx nonce ${nonce}`,
    { next: account.nonce, nonce },
  );
}

/** The sender must be able to pay for this one, and for it together with what is pending. */
function requireFunds(
  transaction: PooledTransaction,
  previous: PooledTransaction | undefined,
  queue: SenderQueue,
): void {
  const { balance } = queue.account;
  const { cost } = transaction;
  const refuse = (parts: string, needed: bigint) =>
    new ChainError(
      'insufficient-funds',
      `insufficient funds for gas * price + value: balance ${balance}, ${parts}, overshot ${needed - balance}`,
      { balance, needed },
    );
  if (balance < cost) throw refuse(`tx cost ${cost}`, cost);
  const isPending = previous !== undefined && queue.pendingAt(previous.data.nonce) === previous;
  const needed = queue.pendingCost + cost - (isPending ? previous.cost : 0n);
  if (balance < needed) {
    throw refuse(`queued cost ${queue.pendingCost}, tx cost ${cost}`, needed);
  }
}

function requirePriceBump(transaction: PooledTransaction, previous: PooledTransaction): void {
  const isBumped = (now: bigint, before: bigint) =>
    now > before && now * 100n >= before * (100n + PRICE_BUMP_PERCENT);
  if (
    isBumped(transaction.feeCap, previous.feeCap) &&
    isBumped(transaction.tipCap, previous.tipCap)
  ) {
    return;
  }
  throw new ChainError('replacement-underpriced', 'replacement transaction underpriced', {
    hash: previous.data.hash,
  });
}
