/**
 * What `eth_subscribe` delivers: one listener on the chain's events for all clients. A result that several clients
 * want is turned into JSON once.
 */
import { logMatches, type TransactionData } from '@praline/chain';
import type { ChainEventSource, CommittedBlock } from '../backend.ts';
import { formatHeader } from '../format/header.ts';
import { formatLog } from '../format/log.ts';
import { formatPooledTransaction } from '../format/transaction.ts';
import type { LogCriteria } from '../parameters/log-filter.ts';

export type Subscription =
  | { readonly kind: 'newHeads' }
  | { readonly kind: 'logs'; readonly criteria: LogCriteria }
  | { readonly kind: 'newPendingTransactions'; readonly detail: 'hashes' | 'objects' };

/** Takes one result, as JSON text. */
export type Deliver = (resultJson: string) => void;

interface Subscriber {
  readonly subscription: Subscription;
  readonly deliver: Deliver;
}

export class SubscriptionFeed {
  readonly #subscribers = new Set<Subscriber>();
  readonly #unsubscriptions: readonly (() => void)[];

  constructor(events: ChainEventSource) {
    this.#unsubscriptions = [
      events.onBlock((event) => this.#onBlock(event)),
      events.onPendingTransaction((transaction) => this.#onPendingTransaction(transaction)),
    ];
  }

  get size(): number {
    return this.#subscribers.size;
  }

  /** Delivers from the next event on, until the returned function is called. */
  add(subscription: Subscription, deliver: Deliver): () => void {
    const subscriber = { subscription, deliver };
    this.#subscribers.add(subscriber);
    return () => {
      this.#subscribers.delete(subscriber);
    };
  }

  close(): void {
    for (const unsubscribe of this.#unsubscriptions) unsubscribe();
    this.#subscribers.clear();
  }

  #onBlock({ block, logs }: CommittedBlock): void {
    const header = once(() => JSON.stringify(formatHeader(block.header)));
    const formattedLogs = logs.map((log) => ({
      log,
      json: once(() => JSON.stringify(formatLog(log))),
    }));
    for (const { subscription, deliver } of this.#subscribers) {
      if (subscription.kind === 'newHeads') deliver(header());
      if (subscription.kind !== 'logs') continue;
      for (const { log, json } of formattedLogs) {
        if (logMatches(log, subscription.criteria)) deliver(json());
      }
    }
  }

  #onPendingTransaction(transaction: TransactionData): void {
    const hash = JSON.stringify(transaction.hash);
    const object = once(() => JSON.stringify(formatPooledTransaction(transaction)));
    for (const { subscription, deliver } of this.#subscribers) {
      if (subscription.kind !== 'newPendingTransactions') continue;
      deliver(subscription.detail === 'hashes' ? hash : object());
    }
  }
}

/** The value of `make`, made at the first call. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
