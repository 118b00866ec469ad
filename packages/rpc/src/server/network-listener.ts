/** HTTP and WebSocket on one port, with or without TLS. */
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { RpcLimits } from '../limits.ts';
import type { RpcLogger } from '../logger.ts';
import type { SubscriptionFeed } from '../subscriptions/subscription-feed.ts';
import type { Authentication } from './authentication.ts';
import type { Dispatcher } from './dispatcher.ts';
import { HttpHandler, type HttpRoute } from './http-handler.ts';
import type { Listener } from './listener.ts';
import { WebSocketHandler } from './websocket-handler.ts';

/** Certificate chain and secret key, PEM. */
export interface TlsOptions {
  readonly certificate: string;
  readonly key: string;
}

export interface NetworkListenerOptions {
  /** Address to listen on. Default `127.0.0.1`: this machine only. */
  readonly host?: string;
  /** Default 8545; 0 lets the system choose. */
  readonly port?: number;
  /**
   * Host names the server goes by beside `localhost`, its own `host` and any address; `*` allows all. Requests with
   * another `Host` header are refused, against DNS rebinding.
   */
  readonly allowedHosts?: readonly string[];
  /**
   * Origins of web pages that may talk to the server, beside pages of this machine and browser extensions; `*` allows
   * all.
   */
  readonly allowedOrigins?: readonly string[];
  /** Namespaces served here, such as `eth` and `net`; `dev` stands for all of development. Default: all. */
  readonly namespaces?: readonly string[];
  /** What clients must hold. Default: nothing. */
  readonly authentication?: Authentication;
  /** Default: without TLS. */
  readonly tls?: TlsOptions;
}

export interface NetworkListenerModules {
  readonly limits: RpcLimits;
  readonly dispatcher: Dispatcher;
  readonly feed: SubscriptionFeed;
  readonly logger: RpcLogger;
  readonly routes: ReadonlyMap<string, HttpRoute>;
  readonly isClosing: () => boolean;
}

/** What wallets and development tools expect. */
const DEFAULT_PORT = 8545;
/** How often Node looks for connections beyond their time, ms. */
const CONNECTIONS_CHECK_MS = 5_000;

export class NetworkListener implements Listener {
  readonly #http: Server;
  readonly #webSockets: WebSocketHandler;
  readonly #host: string;
  readonly #port: number;
  #connections = 0;

  constructor(options: NetworkListenerOptions, modules: NetworkListenerModules) {
    const { limits, dispatcher, feed, logger, routes, isClosing } = modules;
    this.#host = options.host ?? '127.0.0.1';
    this.#port = options.port ?? DEFAULT_PORT;
    const access = {
      allowedHosts: [this.#host, ...(options.allowedHosts ?? [])].map((host) => host.toLowerCase()),
      allowedOrigins: options.allowedOrigins ?? [],
    };
    const authentication = options.authentication ?? {};
    const handled = { limits, access, authentication };
    const http = new HttpHandler(handled, { dispatcher, isClosing, routes });
    this.#webSockets = new WebSocketHandler(handled, { dispatcher, logger, feed });
    this.#http = httpServer(limits, options.tls);
    this.#http.on('request', (request, response) => void http.handle(request, response));
    this.#http.on('upgrade', (request, socket, head) =>
      this.#webSockets.upgrade(request, socket, head),
    );
    this.#http.on('connection', (socket) => {
      this.#connections++;
      socket.once('close', () => this.#connections--);
    });
  }

  get connections(): number {
    return this.#connections;
  }

  get webSockets(): number {
    return this.#webSockets.clientCount;
  }

  get slowDisconnected(): number {
    return this.#webSockets.slowDisconnected;
  }

  /** Throws before `listen`. */
  get address(): { readonly host: string; readonly port: number } {
    const bound = this.#http.address() as AddressInfo | null;
    if (bound === null) throw new Error('the JSON-RPC server does not listen; call listen() first');
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    return { host, port: bound.port };
  }

  /** Rejects with Node's error, such as `EADDRINUSE`. */
  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen({ host: this.#host, port: this.#port }, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
    });
    await Promise.all([closed, this.#webSockets.drain()]);
  }

  terminate(): void {
    this.#webSockets.terminate();
    this.#http.closeAllConnections();
  }
}

function httpServer(limits: RpcLimits, tls: TlsOptions | undefined): Server {
  const options = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, CONNECTIONS_CHECK_MS),
  };
  const server =
    tls === undefined
      ? createHttpServer(options)
      : createHttpsServer({
          ...options,
          cert: tls.certificate,
          key: tls.key,
          handshakeTimeout: limits.headersTimeoutMs,
        });
  server.maxConnections = limits.connectionsMax;
  return server;
}
