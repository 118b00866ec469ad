/** The pool's rules in their plainest form, recomputed from scratch at every question: the twin of `Mempool`. */
import type { SenderAccount } from '../mempool/sender-queue.ts';
import type { Address, Hash } from '../primitives.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import { maximumCost } from '../transaction/validate.ts';

export class NaivePool {
  transactions: SignedTransaction[] = [];
  readonly #account: (address: Address) => SenderAccount;
  readonly #gasLimit: () => bigint;

  constructor(account: (address: Address) => SenderAccount, gasLimit: () => bigint) {
    this.#account = account;
    this.#gasLimit = gasLimit;
  }

  /** The code of the refusal, or undefined when it is taken. */
  add(signed: SignedTransaction): string | undefined {
    const { data } = signed;
    const cost = maximumCost(data);
    const account = this.#account(data.from);
    if (this.transactions.some((one) => one.data.hash === data.hash)) return 'already-known';
    if (data.gasLimit > this.#gasLimit()) return 'exceeds-block-gas-limit';
    if (data.nonce < account.nonce) return 'nonce-too-low';
    const previous = this.of(data.from).find((one) => one.data.nonce === data.nonce);
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
    }
    this.transactions = [...this.transactions.filter((one) => one !== previous), signed];
    return undefined;
  }

  of(sender: Address): SignedTransaction[] {
    return this.transactions
      .filter((one) => one.data.from === sender)
      .sort((left, right) => Number(left.data.nonce - right.data.nonce));
  }

  pending(sender: Address): SignedTransaction[] {
    let { nonce, balance } = this.#account(sender);
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
      const { nonce, balance } = this.#account(data.from);
      return (
        data.nonce >= nonce && maximumCost(data) <= balance && data.gasLimit <= this.#gasLimit()
      );
    });
  }

  drop(hash: Hash): void {
    this.transactions = this.transactions.filter(({ data }) => data.hash !== hash);
  }
}
