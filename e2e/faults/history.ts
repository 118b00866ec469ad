/**
 * What clients did and saw, as the checks read it. Times are milliseconds since the start of the run on one monotonic
 * clock; nodes and clients are numbered from 1.
 */

/** `ok`: the client knows that it happened. `failed`: it knows that the request was not even sent. */
export type Outcome = 'ok' | 'failed' | 'unknown';

export type Intent =
  | { readonly kind: 'transfer'; readonly to: string; readonly wei: string }
  | { readonly kind: 'write'; readonly key: number; readonly value: number }
  | { readonly kind: 'increment' }
  | { readonly kind: 'deploy' };

/** One signed transaction. Two of one account with one nonce are rivals: at most one of them may be mined. */
export interface SentTransaction {
  readonly hash: string;
  readonly account: string;
  readonly nonce: number;
  readonly intent: Intent;
}

/** Where a receipt says that a transaction stands. */
export interface Position {
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly index: number;
}

interface Timed {
  /** 0 is the operator who sets the network up. */
  readonly client: number;
  readonly node: number;
  readonly invokedAt: number;
  readonly completedAt: number;
  /** The node's or the connection's words, when the outcome is not `ok`. */
  readonly error?: string;
}

/** One sending of one transaction to one node; the same transaction may be sent again elsewhere. */
export type Attempt = Timed & { readonly hash: string } & (
    | { readonly outcome: 'ok'; readonly position: Position }
    | { readonly outcome: 'failed' | 'unknown' }
  );

export type Query =
  | { readonly kind: 'height' }
  | { readonly kind: 'counter' }
  | { readonly kind: 'register'; readonly key: number; readonly linearizable: boolean };

/** `version` only ever grows: the block's number, the count, or how often the register was written. */
export interface ReadAnswer {
  readonly version: number;
  readonly value: number;
}

export type Read = Timed & { readonly query: Query } & (
    | { readonly outcome: 'ok'; readonly answer: ReadAnswer }
    | { readonly outcome: 'failed' | 'unknown' }
  );

export interface History {
  readonly transactions: readonly SentTransaction[];
  readonly attempts: readonly Attempt[];
  readonly reads: readonly Read[];
}

/** From the first sending of a transaction to the first answer that it is mined. */
export interface TransactionSpan {
  readonly transaction: SentTransaction;
  readonly invokedAt: number;
  /** Null while nobody was told that it is mined. */
  readonly acknowledged: { readonly at: number; readonly node: number } | null;
  /** False when every attempt failed before anything was sent. */
  readonly wasSent: boolean;
}

export function transactionSpans(history: History): ReadonlyMap<string, TransactionSpan> {
  const attempts = new Map<string, Attempt[]>();
  for (const attempt of history.attempts) {
    const own = attempts.get(attempt.hash);
    if (own === undefined) attempts.set(attempt.hash, [attempt]);
    else own.push(attempt);
  }
  const spans = history.transactions.map((transaction): [string, TransactionSpan] => {
    const own = attempts.get(transaction.hash) ?? [];
    const answers = own
      .filter(({ outcome }) => outcome === 'ok')
      .sort((left, right) => left.completedAt - right.completedAt);
    const [first] = answers;
    const span = {
      transaction,
      invokedAt: Math.min(...own.map(({ invokedAt }) => invokedAt)),
      acknowledged: first === undefined ? null : { at: first.completedAt, node: first.node },
      wasSent: own.some(({ outcome }) => outcome !== 'failed'),
    };
    return [transaction.hash, span];
  });
  return new Map(spans);
}
