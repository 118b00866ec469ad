/**
 * The transactions of one sender in nonce order. A prefix of them is pending: contiguous from the account's nonce and
 * together within its balance. The prefix and its cost are kept up to date step by step, so that work is proportional
 * to what changes and not to the sender's transactions.
 */
import type { Address } from '../primitives.ts';
import type { PooledTransaction } from './pooled-transaction.ts';

/** The part of an account the pool depends on. */
export interface SenderAccount {
  readonly nonce: bigint;
  /** Wei. */
  readonly balance: bigint;
}

export class SenderQueue {
  readonly address: Address;
  readonly #transactions: PooledTransaction[] = [];
  #account: SenderAccount;
  #pendingCount = 0;
  #pendingCost = 0n;
  /** No transaction costs more, and none has a higher gas limit: saves looking at each. */
  #costBound = 0n;
  #gasBound = 0n;

  constructor(address: Address, account: SenderAccount) {
    this.address = address;
    this.#account = account;
  }

  get account(): SenderAccount {
    return this.#account;
  }

  get size(): number {
    return this.#transactions.length;
  }

  get pendingCount(): number {
    return this.#pendingCount;
  }

  get queuedCount(): number {
    return this.#transactions.length - this.#pendingCount;
  }

  /** Wei. */
  get pendingCost(): bigint {
    return this.#pendingCost;
  }

  get last(): PooledTransaction | undefined {
    return this.#transactions.at(-1);
  }

  pending(): readonly PooledTransaction[] {
    return this.#transactions.slice(0, this.#pendingCount);
  }

  queued(): readonly PooledTransaction[] {
    return this.#transactions.slice(this.#pendingCount);
  }

  find(nonce: bigint): PooledTransaction | undefined {
    const found = this.#transactions[this.#indexOf(nonce)];
    return found?.data.nonce === nonce ? found : undefined;
  }

  /** The pending transaction with a nonce, in constant time. */
  pendingAt(nonce: bigint): PooledTransaction | undefined {
    const offset = Number(nonce - this.#account.nonce);
    return offset < this.#pendingCount ? this.#transactions[offset] : undefined;
  }

  /** Would a transaction with this nonce and cost be pending, if it were added? Its nonce must be free. */
  isExecutable(nonce: bigint, cost: bigint): boolean {
    const next = this.#account.nonce + BigInt(this.#pendingCount);
    return nonce === next && this.#pendingCost + cost <= this.#account.balance;
  }

  /** Adds one whose nonce is free and not below the account's. Returns what became pending. */
  insert(transaction: PooledTransaction): readonly PooledTransaction[] {
    this.#transactions.splice(this.#indexOf(transaction.data.nonce), 0, transaction);
    this.#raiseBounds(transaction);
    return this.#settle();
  }

  /** Puts one in the place of another with the same nonce. Returns what became pending. */
  replace(
    previous: PooledTransaction,
    transaction: PooledTransaction,
  ): readonly PooledTransaction[] {
    const at = this.#positionOf(previous);
    this.#transactions[at] = transaction;
    this.#raiseBounds(transaction);
    if (at >= this.#pendingCount) return this.#settle();
    this.#pendingCost += transaction.cost - previous.cost;
    while (this.#pendingCost > this.#account.balance) this.#demoteLast();
    return at < this.#pendingCount ? [transaction] : [];
  }

  /** Those behind it are no longer executable. */
  remove(transaction: PooledTransaction): void {
    const at = this.#positionOf(transaction);
    while (this.#pendingCount > at) this.#demoteLast();
    this.#transactions.splice(at, 1);
  }

  /** Takes the account's new state. Returns what left the queue because of its nonce, and what became pending. */
  setAccount(account: SenderAccount): {
    readonly stale: readonly PooledTransaction[];
    readonly promoted: readonly PooledTransaction[];
  } {
    const staleCount = this.#indexOf(account.nonce);
    const stale = this.#transactions.splice(0, staleCount);
    for (const transaction of stale.slice(0, this.#pendingCount)) {
      this.#pendingCost -= transaction.cost;
    }
    this.#pendingCount = Math.max(0, this.#pendingCount - stale.length);
    this.#account = account;
    if (this.#transactions[0]?.data.nonce !== account.nonce) {
      this.#pendingCount = 0;
      this.#pendingCost = 0n;
    }
    while (this.#pendingCost > account.balance) this.#demoteLast();
    return { stale, promoted: this.#settle() };
  }

  /** Those that can not be executed while balance and block gas limit are as they are. */
  unpayable(blockGasLimit: bigint): readonly PooledTransaction[] {
    const { balance } = this.#account;
    if (this.#costBound <= balance && this.#gasBound <= blockGasLimit) return [];
    this.#costBound = 0n;
    this.#gasBound = 0n;
    return this.#transactions.filter((transaction) => {
      if (transaction.cost > balance || transaction.data.gasLimit > blockGasLimit) return true;
      this.#raiseBounds(transaction);
      return false;
    });
  }

  /** Promotes as far as nonces and balance reach. */
  #settle(): readonly PooledTransaction[] {
    const promoted: PooledTransaction[] = [];
    for (;;) {
      const next = this.#transactions[this.#pendingCount];
      if (next === undefined || !this.isExecutable(next.data.nonce, next.cost)) return promoted;
      this.#pendingCount += 1;
      this.#pendingCost += next.cost;
      promoted.push(next);
    }
  }

  #positionOf(transaction: PooledTransaction): number {
    const at = this.#indexOf(transaction.data.nonce);
    if (this.#transactions[at] === transaction) return at;
    throw new Error('The transaction is not in its queue.');
  }

  #demoteLast(): void {
    this.#pendingCount -= 1;
    this.#pendingCost -= this.#transactions[this.#pendingCount]?.cost ?? 0n;
  }

  #raiseBounds({ cost, data }: PooledTransaction): void {
    if (cost > this.#costBound) this.#costBound = cost;
    if (data.gasLimit > this.#gasBound) this.#gasBound = data.gasLimit;
  }

  /** Of the first transaction whose nonce is not below. */
  #indexOf(nonce: bigint): number {
    let low = 0;
    let high = this.#transactions.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#transactions[middle]?.data.nonce ?? nonce) < nonce) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
