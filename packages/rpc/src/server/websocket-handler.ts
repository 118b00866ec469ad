/** JSON-RPC over WebSocket, with subscriptions: the upgrade of an HTTP connection, pings, and the clients' messages. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { RpcLimits } from '../limits.ts';
import type { RpcLogger } from '../logger.ts';
import type { SubscriptionFeed } from '../subscriptions/subscription-feed.ts';
import { type AccessOptions, isAllowedHost, isAllowedOrigin } from './access.ts';
import { type Authentication, refusalOf } from './authentication.ts';
import type { Dispatcher } from './dispatcher.ts';
import { MessageClient } from './message-client.ts';

export interface WebSocketHandlerOptions {
  readonly limits: RpcLimits;
  readonly access: AccessOptions;
  readonly authentication: Authentication;
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
    const { host, origin, authorization } = request.headers;
    const { access, authentication } = this.#options;
    if (!isAllowedHost(host, access) || !isAllowedOrigin({ host, origin }, access)) {
      refuse(socket, '403 Forbidden');
    } else if (refusalOf(authorization, authentication) !== null) {
      refuse(socket, '401 Unauthorized\r\nwww-authenticate: Bearer');
    } else {
      this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#accept(webSocket));
    }
  }

  /** Lets requests under way finish, then says goodbye. */
  async drain(): Promise<void> {
    clearInterval(this.#pingTimer);
    await Promise.all([...this.#clients].map((client) => client.drain()));
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

class WebSocketClient {
  readonly #webSocket: WebSocket;
  readonly #messages: MessageClient;
  #answersPing = true;

  constructor(webSocket: WebSocket, limits: RpcLimits, modules: ClientModules) {
    this.#webSocket = webSocket;
    this.#messages = new MessageClient(limits, {
      ...modules,
      socket: {
        get bufferedAmount() {
          return webSocket.bufferedAmount;
        },
        isOpen: () => webSocket.readyState === webSocket.OPEN,
        send: (text) => webSocket.send(text),
        pause: () => webSocket.pause(),
        resume: () => webSocket.resume(),
        close: () => webSocket.close(CLOSE_GOING_AWAY),
        terminate: () => webSocket.terminate(),
      },
    });
    webSocket.on('message', (data) => this.#messages.receive(textOf(data)));
    webSocket.on('pong', () => {
      this.#answersPing = true;
    });
    // ws reports malformed frames and oversized messages here, and closes by itself.
    webSocket.on('error', () => {});
    webSocket.on('close', () => {
      this.#messages.closed();
      modules.onClose();
    });
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

  drain(): Promise<void> {
    return this.#messages.drain();
  }
}

function refuse(socket: Duplex, statusAndHeaders: string): void {
  socket.end(`HTTP/1.1 ${statusAndHeaders}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function textOf(data: RawData): string {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : data;
  return new TextDecoder().decode(bytes);
}
