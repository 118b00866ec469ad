/**
 * JSON-RPC over WebSocket, with subscriptions. A client may have several requests under way; it may not make the
 * server hold unbounded answers: reading pauses when too many are under way, and who does not take what was sent is
 * disconnected.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { RpcLimits } from '../limits.ts';
import type { RpcLogger } from '../logger.ts';
import { ConnectionSubscriptions } from '../subscriptions/connection-subscriptions.ts';
import type { SubscriptionFeed } from '../subscriptions/subscription-feed.ts';
import { type AccessOptions, isAllowedHost, isAllowedOrigin } from './access.ts';
import type { Connection } from './connection.ts';
import type { Dispatcher } from './dispatcher.ts';

export interface WebSocketHandlerOptions {
  readonly limits: RpcLimits;
  readonly access: AccessOptions;
}

export interface WebSocketHandlerModules {
  readonly dispatcher: Dispatcher;
  readonly feed: SubscriptionFeed;
  readonly logger: RpcLogger;
}

/** RFC 6455, 7.4.1. */
const CLOSE_GOING_AWAY = 1001;

export class WebSocketHandler {
  readonly #server: WebSocketServer;
  readonly #clients = new Set<WebSocketClient>();
  readonly #options: WebSocketHandlerOptions;
  readonly #modules: WebSocketHandlerModules;
  readonly #pingTimer: NodeJS.Timeout;
  #slowDisconnected = 0;

  constructor(options: WebSocketHandlerOptions, modules: WebSocketHandlerModules) {
    this.#options = options;
    this.#modules = modules;
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.limits.requestBytesMax,
    });
    const pingAll = () => {
      for (const client of this.#clients) client.ping();
    };
    this.#pingTimer = setInterval(pingAll, options.limits.webSocketPingIntervalMs).unref();
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  /** Clients disconnected because they did not take what was sent. */
  get slowDisconnected(): number {
    return this.#slowDisconnected;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { host, origin } = request.headers;
    const { access } = this.#options;
    if (!isAllowedHost(host, access) || !isAllowedOrigin({ host, origin }, access)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket));
  }

  /** Lets requests under way finish, then says goodbye. */
  async drain(): Promise<void> {
    clearInterval(this.#pingTimer);
    await Promise.all([...this.#clients].map((client) => client.drain(CLOSE_GOING_AWAY)));
  }

  terminate(): void {
    clearInterval(this.#pingTimer);
    for (const client of this.#clients) client.terminate();
  }

  #accept(webSocket: WebSocket): void {
    const client = new WebSocketClient(webSocket, this.#options.limits, {
      ...this.#modules,
      onClose: () => this.#clients.delete(client),
      onSlow: (bufferedBytes) => {
        this.#slowDisconnected++;
        this.#modules.logger.warn({ bufferedBytes }, 'slow WebSocket client disconnected');
      },
    });
    this.#clients.add(client);
  }
}

interface ClientModules extends WebSocketHandlerModules {
  readonly onClose: () => void;
  readonly onSlow: (bufferedBytes: number) => void;
}

class WebSocketClient implements Connection {
  readonly subscriptions: ConnectionSubscriptions;
  filterCount = 0;
  readonly #webSocket: WebSocket;
  readonly #limits: RpcLimits;
  readonly #modules: ClientModules;
  #inFlight = 0;
  #inFlightLength = 0;
  readonly #waiting: string[] = [];
  #answersPing = true;
  #onIdle: (() => void) | undefined;

  constructor(webSocket: WebSocket, limits: RpcLimits, modules: ClientModules) {
    this.#webSocket = webSocket;
    this.#limits = limits;
    this.#modules = modules;
    this.subscriptions = new ConnectionSubscriptions(
      {
        subscriptionsMax: limits.subscriptionsPerConnectionMax,
        waitingMax: limits.resultsMax,
      },
      {
        feed: modules.feed,
        send: (text) => this.#send(text),
        disconnect: () => this.#disconnectSlow(),
      },
    );
    webSocket.on('message', (data) => this.#receive(data));
    webSocket.on('pong', () => {
      this.#answersPing = true;
    });
    // ws reports malformed frames and oversized messages here, and closes by itself.
    webSocket.on('error', () => {});
    webSocket.on('close', () => {
      this.#waiting.length = 0;
      this.subscriptions.removeAll();
      modules.onClose();
      this.#onIdle?.();
    });
  }

  isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  ping(): void {
    if (this.#answersPing) {
      this.#answersPing = false;
      this.#webSocket.ping();
    } else {
      this.terminate();
    }
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  async drain(closeCode: number): Promise<void> {
    this.#webSocket.removeAllListeners('message');
    this.subscriptions.removeAll();
    if (this.#inFlight > 0 && this.isOpen()) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    this.#webSocket.resume();
    this.#webSocket.close(closeCode);
  }

  #receive(data: RawData): void {
    this.#waiting.push(textOf(data));
    this.#startWaiting();
  }

  /** What is waiting is what one read of the socket brought beyond the limit, for reading pauses meanwhile. */
  #startWaiting(): void {
    while (this.#hasRoom()) {
      const text = this.#waiting.shift();
      if (text === undefined) break;
      void this.#answer(text);
    }
    if (this.#waiting.length > 0) this.#webSocket.pause();
    else this.#webSocket.resume();
  }

  #hasRoom(): boolean {
    const { webSocketRequestsInFlightMax, requestBytesMax } = this.#limits;
    return this.#inFlight < webSocketRequestsInFlightMax && this.#inFlightLength < requestBytesMax;
  }

  async #answer(text: string): Promise<void> {
    this.#inFlight++;
    this.#inFlightLength += text.length;
    const answer = await this.#modules.dispatcher.dispatch(text, this);
    if (answer.body !== undefined) this.#send(answer.body);
    answer.afterResponse();
    this.#inFlight--;
    this.#inFlightLength -= text.length;
    this.#startWaiting();
    if (this.#inFlight === 0) this.#onIdle?.();
  }

  #send(text: string): void {
    if (!this.isOpen()) return;
    if (this.#webSocket.bufferedAmount > this.#limits.webSocketBufferedBytesMax) {
      this.#disconnectSlow();
      return;
    }
    this.#webSocket.send(text);
  }

  /** At once: a farewell would only queue behind what the client does not take. */
  #disconnectSlow(): void {
    this.#modules.onSlow(this.#webSocket.bufferedAmount);
    this.terminate();
  }
}

function textOf(data: RawData): string {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data;
  return new TextDecoder().decode(bytes);
}
