/** The pool's rules in their plainest form, recomputed from scratch at every question: the twin of `Mempool`. */
import type { TransactionData } from '../block/block-data.ts';
import type { MempoolLimits } from '../mempool/limits.ts';
import type { SenderAccount } from '../mempool/sender-queue.ts';
import type { Address, Hash } from '../primitives.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import { maximumCost } from '../transaction/validate.ts';

export interface NaivePoolHead {
  readonly account: (address: Address) => SenderAccount;
  readonly gasLimit: () => bigint;
  readonly baseFee: () => bigint;
}

const UNLIMITED: MempoolLimits = {
  countMax: Number.POSITIVE_INFINITY,
  bytesMax: Number.POSITIVE_INFINITY,
  senderCountMax: Number.POSITIVE_INFINITY,
  senderQueuedMax: Number.POSITIVE_INFINITY,
};

export class NaivePool {
  /** In order of arrival. */
  transactions: SignedTransaction[] = [];
  readonly #head: NaivePoolHead;
  readonly #limits: MempoolLimits;

  constructor(head: NaivePoolHead, limits: MempoolLimits = UNLIMITED) {
    this.#head = head;
    this.#limits = limits;
  }

  /**
   * The code of the refusal, or undefined when it is taken. Where the rules leave a choice of what a full pool gives up, `evicted`
   * says what the pool under test has given up, in order. Throws when the rules do not allow what it did.
   */
  add(signed: SignedTransaction, evicted: readonly Hash[] = []): string | undefined {
    const { data } = signed;
    const previous = this.of(data.from).find((one) => one.data.nonce === data.nonce);
    const refusal = this.#refusal(signed, previous);
    if (refusal !== undefined) return refusal;
    if (evicted.length === 0 && !this.#hasRoom(signed, previous)) {
      if (this.#mayEndFull(signed, previous)) return 'pool-full';
      throw new Error(`the rules make room for ${data.hash}`);
    }
    const given = [...evicted];
    while (!this.#hasRoom(signed, previous)) {
      const hash = given.shift();
      const isNamed = this.#victims(signed).victims.some((one) => one.data.hash === hash);
      if (hash === undefined || !isNamed) {
        throw new Error(`the rules do not give up ${hash} for ${data.hash}`);
      }
      this.drop(hash);
    }
    if (given.length > 0) throw new Error(`there was room without giving up ${given.join()}`);
    this.transactions = [...this.transactions.filter((one) => one !== previous), signed];
    return undefined;
  }

  get bytes(): number {
    return this.transactions.reduce((sum, { raw }) => sum + raw.length, 0);
  }

  #refusal(
    { data }: SignedTransaction,
    previous: SignedTransaction | undefined,
  ): string | undefined {
    const cost = maximumCost(data);
    const account = this.#head.account(data.from);
    if (this.transactions.some((one) => one.data.hash === data.hash)) return 'already-known';
    if (data.gasLimit > this.#head.gasLimit()) return 'exceeds-block-gas-limit';
    if (data.nonce < account.nonce) return 'nonce-too-low';
    const others = this.pending(data.from).filter((one) => one !== previous);
    const spent = others.reduce((sum, one) => sum + maximumCost(one.data), 0n);
    if (cost > account.balance || spent + cost > account.balance) return 'insufficient-funds';
    if (previous !== undefined) {
      const fields = ['maxFeePerGas', 'maxPriorityFeePerGas'] as const;
      for (const field of fields) {
        const before = previous.data[field] ?? 0n;
        const now = data[field] ?? 0n;
        if (now <= before || now * 10n < before * 11n) return 'replacement-underpriced';
      }
      return undefined;
    }
    const { senderCountMax, senderQueuedMax } = this.#limits;
    const isOverQueued = !this.#isNext(data) && this.queued(data.from).length >= senderQueuedMax;
    const isOver = this.of(data.from).length >= senderCountMax || isOverQueued;
    return isOver ? 'account-limit-exceeded' : undefined;
  }

  #hasRoom(signed: SignedTransaction, previous: SignedTransaction | undefined): boolean {
    const after = [...this.transactions.filter((one) => one !== previous), signed];
    const bytes = after.reduce((sum, { raw }) => sum + raw.length, 0);
    return after.length <= this.#limits.countMax && bytes <= this.#limits.bytesMax;
  }

  /** Whether some choice of victims ends before there is room: then all of them stay, and the newcomer does not come in. */
  #mayEndFull(signed: SignedTransaction, previous: SignedTransaction | undefined): boolean {
    if (this.#hasRoom(signed, previous)) return false;
    const { victims, mayRefuse } = this.#victims(signed);
    const before = this.transactions;
    const mayEnd = victims.some(({ data }) => {
      this.drop(data.hash);
      const ends = this.#mayEndFull(signed, previous);
      this.transactions = before;
      return ends;
    });
    return mayEnd || mayRefuse || victims.length === 0;
  }

  /** Its sender could pay for it right behind the pending ones. */
  #isNext(data: TransactionData): boolean {
    const { nonce, balance } = this.#head.account(data.from);
    const pending = this.pending(data.from);
    const spent = pending.reduce((sum, one) => sum + maximumCost(one.data), 0n);
    return data.nonce === nonce + BigInt(pending.length) && spent + maximumCost(data) <= balance;
  }

  /** What may leave next for a newcomer. Senders of as many transactions are alike, and each of them may be the one. */
  #victims({ data }: SignedTransaction): {
    readonly victims: readonly SignedTransaction[];
    /** Among those with the most that wait is the newcomer's sender itself: nobody then has to leave for it. */
    readonly mayRefuse: boolean;
  } {
    const baseFee = this.#head.baseFee();
    const own = data.from;
    const share = this.of(own).length + 1;
    const senders = [...new Set(this.transactions.map((one) => one.data.from))];
    const cheapest = this.#cheapest();
    const only = (victims: readonly SignedTransaction[]) => ({ victims, mayRefuse: false });
    if (feeCapOf(data) >= baseFee) {
      const rest = this.#victimsOfShare(data, share, cheapest);
      if (!this.#isNext(data)) return only(rest);
      const idle = cheapest !== undefined && feeCapOf(cheapest.data) < baseFee;
      const others = idle && cheapest.data.from !== own ? [cheapest] : rest;
      const queuedMax = Math.max(0, ...senders.map((sender) => this.queued(sender).length));
      if (queuedMax === 0) return only(others);
      const waiting = senders.filter((sender) => this.queued(sender).length === queuedMax);
      const last = waiting
        .filter((sender) => sender !== own)
        .flatMap((sender) => this.of(sender).slice(-1));
      if (!waiting.includes(own)) return only(last);
      return { victims: [...last, ...others], mayRefuse: others.length === 0 };
    }
    return only(this.#victimsOfPrice(data, share, cheapest));
  }

  /** The latest of whoever has the most, if that is more than the newcomer's sender will have. */
  #victimsOfShare(
    data: TransactionData,
    share: number,
    cheapest: SignedTransaction | undefined,
  ): readonly SignedTransaction[] {
    const senders = [...new Set(this.transactions.map((one) => one.data.from))];
    const size = Math.max(0, ...senders.map((sender) => this.of(sender).length));
    if (size <= share) return this.#victimsOfPrice(data, share, cheapest);
    return senders
      .filter((sender) => this.of(sender).length === size)
      .flatMap((sender) => this.of(sender).slice(-1));
  }

  #victimsOfPrice(
    data: TransactionData,
    share: number,
    cheapest: SignedTransaction | undefined,
  ): readonly SignedTransaction[] {
    if (cheapest === undefined || feeCapOf(cheapest.data) >= feeCapOf(data)) return [];
    const { from } = cheapest.data;
    return from === data.from || this.of(from).length < share ? [] : [cheapest];
  }

  /** Of the lowest fee cap, the one that came last. */
  #cheapest(): SignedTransaction | undefined {
    let cheapest: SignedTransaction | undefined;
    for (const one of this.transactions) {
      if (cheapest === undefined || feeCapOf(one.data) <= feeCapOf(cheapest.data)) cheapest = one;
    }
    return cheapest;
  }

  of(sender: Address): SignedTransaction[] {
    return this.transactions
      .filter((one) => one.data.from === sender)
      .sort((left, right) => Number(left.data.nonce - right.data.nonce));
  }

  pending(sender: Address): SignedTransaction[] {
    let { nonce, balance } = this.#head.account(sender);
    const result: SignedTransaction[] = [];
    for (const one of this.of(sender)) {
      if (one.data.nonce !== nonce || maximumCost(one.data) > balance) break;
      nonce += 1n;
      balance -= maximumCost(one.data);
      result.push(one);
    }
    return result;
  }

  queued(sender: Address): SignedTransaction[] {
    return this.of(sender).slice(this.pending(sender).length);
  }

  commit(touched: readonly Address[]): void {
    this.transactions = this.transactions.filter(({ data }) => {
      if (!touched.includes(data.from)) return true;
      const { nonce, balance } = this.#head.account(data.from);
      return (
        data.nonce >= nonce &&
        maximumCost(data) <= balance &&
        data.gasLimit <= this.#head.gasLimit()
      );
    });
  }

  drop(hash: Hash): void {
    this.transactions = this.transactions.filter(({ data }) => data.hash !== hash);
  }
}

function feeCapOf(data: TransactionData): bigint {
  return data.maxFeePerGas ?? data.gasPrice ?? 0n;
}
