/**
 * A client that sends messages over a lasting socket and may be sent what it subscribed to: WebSocket and IPC. It may
 * have several requests under way; it may not make the server hold unbounded answers: reading pauses when too many are
 * under way, and who does not take what was sent is disconnected.
 */
import type { RpcLimits } from '../limits.ts';
import { ConnectionSubscriptions } from '../subscriptions/connection-subscriptions.ts';
import type { SubscriptionFeed } from '../subscriptions/subscription-feed.ts';
import type { Connection } from './connection.ts';
import type { Dispatcher } from './dispatcher.ts';

/** What carries messages. */
export interface MessageSocket {
  /** Bytes that were sent and not taken yet. */
  readonly bufferedAmount: number;
  isOpen(): boolean;
  send(text: string): void;
  pause(): void;
  resume(): void;
  /** Once what was sent is taken. */
  close(): void;
  /** At once. */
  terminate(): void;
}

export interface MessageClientModules {
  readonly socket: MessageSocket;
  readonly dispatcher: Dispatcher;
  readonly feed: SubscriptionFeed;
  /** It did not take what was sent, and is disconnected. */
  readonly onSlow: (bufferedBytes: number) => void;
}

export class MessageClient implements Connection {
  readonly subscriptions: ConnectionSubscriptions;
  filterCount = 0;
  readonly #limits: RpcLimits;
  readonly #modules: MessageClientModules;
  #inFlight = 0;
  #inFlightLength = 0;
  readonly #waiting: string[] = [];
  #isDraining = false;
  #onIdle: (() => void) | undefined;

  constructor(limits: RpcLimits, modules: MessageClientModules) {
    this.#limits = limits;
    this.#modules = modules;
    this.subscriptions = new ConnectionSubscriptions(
      {
        subscriptionsMax: limits.subscriptionsPerConnectionMax,
        waitingMax: limits.resultsMax,
      },
      {
        feed: modules.feed,
        send: (text) => this.send(text),
        disconnect: () => this.#disconnectSlow(),
      },
    );
  }

  isOpen(): boolean {
    return this.#modules.socket.isOpen();
  }

  /** One message came. */
  receive(text: string): void {
    if (this.#isDraining) return;
    this.#waiting.push(text);
    this.#startWaiting();
  }

  /** The socket is gone. */
  closed(): void {
    this.#waiting.length = 0;
    this.subscriptions.removeAll();
    this.#onIdle?.();
  }

  terminate(): void {
    this.#modules.socket.terminate();
  }

  /** Takes nothing more, lets requests under way finish, closes. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.subscriptions.removeAll();
    if (this.#inFlight > 0 && this.isOpen()) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    this.#modules.socket.resume();
    this.#modules.socket.close();
  }

  send(text: string): void {
    if (!this.isOpen()) return;
    if (this.#modules.socket.bufferedAmount > this.#limits.webSocketBufferedBytesMax) {
      this.#disconnectSlow();
      return;
    }
    this.#modules.socket.send(text);
  }

  /** What is waiting is what one read of the socket brought beyond the limit, for reading pauses meanwhile. */
  #startWaiting(): void {
    while (this.#hasRoom()) {
      const text = this.#waiting.shift();
      if (text === undefined) break;
      void this.#answer(text);
    }
    if (this.#waiting.length > 0) this.#modules.socket.pause();
    else this.#modules.socket.resume();
  }

  #hasRoom(): boolean {
    const { webSocketRequestsInFlightMax, requestBytesMax } = this.#limits;
    return this.#inFlight < webSocketRequestsInFlightMax && this.#inFlightLength < requestBytesMax;
  }

  async #answer(text: string): Promise<void> {
    this.#inFlight++;
    this.#inFlightLength += text.length;
    const answer = await this.#modules.dispatcher.dispatch(text, this);
    if (answer.body !== undefined) this.send(answer.body);
    answer.afterResponse();
    this.#inFlight--;
    this.#inFlightLength -= text.length;
    this.#startWaiting();
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  /** At once: a farewell would only queue behind what the client does not take. */
  #disconnectSlow(): void {
    this.#modules.onSlow(this.#modules.socket.bufferedAmount);
    this.terminate();
  }
}
