/** The subscriptions of one WebSocket. */
import { randomBytes } from 'node:crypto';
import { RPC_ERROR_CODES, RpcError } from '../errors.ts';
import type { Subscription, SubscriptionFeed } from './subscription-feed.ts';

interface Open {
  stop: () => void;
  /** Results that came before the client could know the subscription's id; undefined once it can. */
  waiting: string[] | undefined;
}

export interface ConnectionSubscriptionsOptions {
  readonly subscriptionsMax: number;
  /** Results held for one subscription whose id is still on its way. */
  readonly waitingMax: number;
}

export interface ConnectionSubscriptionsModules {
  readonly feed: SubscriptionFeed;
  /** Sends a JSON-RPC notification, or ends the connection when the client is too slow. */
  readonly send: (notification: string) => void;
  /** Ends a connection that let too much pile up. */
  readonly disconnect: () => void;
}

export class ConnectionSubscriptions {
  readonly #open = new Map<string, Open>();
  readonly #options: ConnectionSubscriptionsOptions;
  readonly #modules: ConnectionSubscriptionsModules;

  constructor(options: ConnectionSubscriptionsOptions, modules: ConnectionSubscriptionsModules) {
    this.#options = options;
    this.#modules = modules;
  }

  /**
   * Opens a subscription, which holds its results back until `release`. Throws `RpcError` beyond the limit.
   */
  add(subscription: Subscription): string {
    if (this.#open.size >= this.#options.subscriptionsMax) {
      throw new RpcError(
        RPC_ERROR_CODES.limitExceeded,
        `too many subscriptions on one connection, at most ${this.#options.subscriptionsMax}`,
      );
    }
    const id = `0x${randomBytes(SUBSCRIPTION_ID_BYTES).toString('hex')}`;
    const open: Open = { stop: () => {}, waiting: [] };
    // First, for the feed may deliver at once.
    this.#open.set(id, open);
    open.stop = this.#modules.feed.add(subscription, (result) => this.#deliver(id, result));
    return id;
  }

  /** The client has the id: sends what came meanwhile, and from now on at once. */
  release(id: string): void {
    const open = this.#open.get(id);
    const waiting = open?.waiting ?? [];
    if (open !== undefined) open.waiting = undefined;
    for (const result of waiting) this.#modules.send(notification(id, result));
  }

  /** Whether there was such a subscription. */
  remove(id: string): boolean {
    this.#open.get(id)?.stop();
    return this.#open.delete(id);
  }

  removeAll(): void {
    for (const id of [...this.#open.keys()]) this.remove(id);
  }

  #deliver(id: string, result: string): void {
    const open = this.#open.get(id);
    if (open === undefined) return;
    if (open.waiting === undefined) this.#modules.send(notification(id, result));
    else if (open.waiting.length < this.#options.waitingMax) open.waiting.push(result);
    else this.#modules.disconnect();
  }
}

const SUBSCRIPTION_ID_BYTES = 16;

function notification(id: string, result: string): string {
  return `{"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":"${id}","result":${result}}}`;
}
