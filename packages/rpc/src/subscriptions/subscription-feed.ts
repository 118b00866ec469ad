/**
 * What `eth_subscribe` delivers: one listener on the chain's events for all clients. A result that several clients
 * want is turned into JSON once.
 */
import type { TransactionData } from '@praline/chain';
import { logMatches } from '@praline/chain/reading';
import type { CommittedBlock, NetworkService, RevertedHead, RpcBackend } from '../backend.ts';
import { formatHeader } from '../format/header.ts';
import { formatLog, formatRemovedLog } from '../format/log.ts';
import { formatSyncing } from '../format/syncing.ts';
import { formatPooledTransaction } from '../format/transaction.ts';
import type { LogCriteria } from '../parameters/log-filter.ts';

export type Subscription =
  | { readonly kind: 'newHeads' }
  | { readonly kind: 'logs'; readonly criteria: LogCriteria }
  | { readonly kind: 'newPendingTransactions'; readonly detail: 'hashes' | 'objects' }
  | { readonly kind: 'syncing' };

/** Takes one result, as JSON text. */
export type Deliver = (resultJson: string) => void;

interface Subscriber {
  readonly subscription: Subscription;
  readonly deliver: Deliver;
}

export class SubscriptionFeed {
  readonly #subscribers = new Set<Subscriber>();
  readonly #events: RpcBackend['events'];
  readonly #network: NetworkService;
  /** Undefined while nobody is interested, so that a node need not read what it would tell. */
  #endBlocks: (() => void) | undefined;
  #endTransactions: (() => void) | undefined;
  #endSyncing: (() => void) | undefined;
  #wasSyncing = false;

  constructor({ events, network }: Pick<RpcBackend, 'events' | 'network'>) {
    this.#events = events;
    this.#network = network;
  }

  get size(): number {
    return this.#subscribers.size;
  }

  /** Delivers from the next event on, until the returned function is called. */
  add(subscription: Subscription, deliver: Deliver): () => void {
    const subscriber = { subscription, deliver };
    this.#subscribers.add(subscriber);
    this.#listenAsNeeded();
    // As in geth: who asks learns at once how it is, and then of each change.
    if (subscription.kind === 'syncing') deliver(syncingJson(this.#network.syncing()));
    return () => {
      this.#subscribers.delete(subscriber);
      this.#listenAsNeeded();
    };
  }

  close(): void {
    this.#subscribers.clear();
    this.#listenAsNeeded();
  }

  #listenAsNeeded(): void {
    const kinds = new Set([...this.#subscribers].map(({ subscription }) => subscription.kind));
    if (kinds.has('newHeads') || kinds.has('logs')) {
      this.#endBlocks ??= this.#listenToBlocks();
    } else {
      this.#endBlocks?.();
      this.#endBlocks = undefined;
    }
    if (kinds.has('newPendingTransactions')) {
      this.#endTransactions ??= this.#events.onPendingTransaction((transaction) =>
        this.#onPendingTransaction(transaction),
      );
    } else {
      this.#endTransactions?.();
      this.#endTransactions = undefined;
    }
    if (kinds.has('syncing')) {
      this.#endSyncing ??= this.#listenToSyncing();
    } else {
      this.#endSyncing?.();
      this.#endSyncing = undefined;
    }
  }

  #listenToBlocks(): () => void {
    const endBlocks = this.#events.onBlock((event) => this.#onBlock(event));
    const endReverts = this.#events.onRevert((event) => this.#onRevert(event));
    return () => {
      endBlocks();
      endReverts();
    };
  }

  #listenToSyncing(): () => void {
    this.#wasSyncing = this.#network.syncing() !== false;
    return this.#network.onProgress(() => this.#onProgress());
  }

  /** Tells of beginnings and ends alone; how far it is, eth_syncing says. */
  #onProgress(): void {
    const progress = this.#network.syncing();
    if ((progress !== false) === this.#wasSyncing) return;
    this.#wasSyncing = !this.#wasSyncing;
    const json = syncingJson(progress);
    for (const { subscription, deliver } of this.#subscribers) {
      if (subscription.kind === 'syncing') deliver(json);
    }
  }

  /** As for a reorganisation: logs that are gone, then the head that is there instead. */
  #onRevert({ head, logs }: RevertedHead): void {
    const header = once(() => JSON.stringify(formatHeader(head)));
    for (const { subscription, deliver } of this.#subscribers) {
      if (subscription.kind === 'newHeads') deliver(header());
      if (subscription.kind !== 'logs') continue;
      for (const log of logs) {
        if (logMatches(log, subscription.criteria)) deliver(JSON.stringify(formatRemovedLog(log)));
      }
    }
  }

  #onBlock(event: CommittedBlock): void {
    const header = once(() => JSON.stringify(formatHeader(event.block.header)));
    // Read only when somebody wants logs: a node may fetch them at this access.
    const logs = once(() =>
      event.logs.map((log) => ({ log, json: once(() => JSON.stringify(formatLog(log))) })),
    );
    for (const { subscription, deliver } of this.#subscribers) {
      if (subscription.kind === 'newHeads') deliver(header());
      if (subscription.kind !== 'logs') continue;
      for (const { log, json } of logs()) {
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

/** geth's form: an object at the beginning, false at the end. */
function syncingJson(progress: ReturnType<NetworkService['syncing']>): string {
  return JSON.stringify(
    progress === false ? false : { syncing: true, status: formatSyncing(progress) },
  );
}

/** The value of `make`, made at the first call. */
function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
