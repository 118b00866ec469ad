/** The JSON-RPC server of a node: HTTP and WebSocket on one port. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { RpcBackend } from '../backend.ts';
import { FilterRegistry } from '../filters/filter-registry.ts';
import { DEFAULT_LIMITS, type RpcLimits } from '../limits.ts';
import { type RpcLogger, silentLogger } from '../logger.ts';
import type { Method } from '../method.ts';
import { developmentModeMethods } from '../methods/development/index.ts';
import { standardMethods } from '../methods/index.ts';
import { MethodRegistry } from '../registry.ts';
import { SubscriptionFeed } from '../subscriptions/subscription-feed.ts';
import { Dispatcher } from './dispatcher.ts';
import { HttpHandler, type HttpRoute } from './http-handler.ts';
import { type MethodStatistics, RequestStatistics } from './request-statistics.ts';
import { WebSocketHandler } from './websocket-handler.ts';

export interface RpcServerOptions {
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
  /** Bounds that differ from `DEFAULT_LIMITS`. */
  readonly limits?: Partial<RpcLimits>;
  readonly logger?: RpcLogger;
  /** What other paths than `/` answer to GET, such as `/health`. Host and origin are checked as for requests. */
  readonly routes?: ReadonlyMap<string, HttpRoute>;
  /** Clock for the age of filters, ms; a monotonic one by default. */
  readonly now?: () => number;
}

export interface RpcServerStatistics {
  readonly connections: number;
  readonly webSockets: number;
  readonly subscriptions: number;
  readonly filters: number;
  readonly slowClientsDisconnected: number;
  readonly unknownMethods: number;
  readonly methods: Readonly<Record<string, MethodStatistics>>;
}

export interface RpcServer {
  /** Starts to listen. Rejects with Node's error, such as `EADDRINUSE`. */
  listen(): Promise<void>;
  /** Where the server listens, as a URL's host and port. Throws before `listen`. */
  readonly address: { readonly host: string; readonly port: number };
  /** Adds methods of other packages. Throws for a name that is taken. */
  addMethods(methods: Iterable<Method>): void;
  /** All methods, for a reference. */
  methods(): Iterable<Method>;
  statistics(): RpcServerStatistics;
  /** Stops accepting, lets requests under way finish within `drainTimeoutMs`, closes. Safe to call twice. */
  close(): Promise<void>;
}

export function createRpcServer(backend: RpcBackend, options: RpcServerOptions = {}): RpcServer {
  return new NodeRpcServer(backend, options);
}

class NodeRpcServer implements RpcServer {
  readonly #http: Server;
  readonly #webSockets: WebSocketHandler;
  readonly #registry = new MethodRegistry();
  readonly #filters: FilterRegistry;
  readonly #feed: SubscriptionFeed;
  readonly #requests = new RequestStatistics();
  readonly #limits: RpcLimits;
  readonly #host: string;
  readonly #port: number;
  #connections = 0;
  #closed: Promise<void> | undefined;

  constructor(backend: RpcBackend, options: RpcServerOptions) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const logger = options.logger ?? silentLogger;
    this.#limits = limits;
    this.#host = options.host ?? '127.0.0.1';
    this.#port = options.port ?? DEFAULT_PORT;
    this.#registry.add(standardMethods);
    if (backend.development !== null) this.#registry.add(developmentModeMethods);
    this.#filters = new FilterRegistry(limits, {
      backend,
      now: options.now ?? (() => performance.now()),
    });
    this.#feed = new SubscriptionFeed(backend.events);
    const dispatcher = new Dispatcher(limits, {
      backend,
      logger,
      registry: this.#registry,
      filters: this.#filters,
      statistics: this.#requests,
    });
    const access = {
      allowedHosts: [this.#host, ...(options.allowedHosts ?? [])].map((host) => host.toLowerCase()),
      allowedOrigins: options.allowedOrigins ?? [],
    };
    const isClosing = () => this.#closed !== undefined;
    const http = new HttpHandler(
      { limits, access },
      { dispatcher, isClosing, routes: options.routes ?? new Map() },
    );
    this.#webSockets = new WebSocketHandler(
      { limits, access },
      { dispatcher, logger, feed: this.#feed },
    );
    this.#http = httpServer(limits);
    this.#http.on('request', (request, response) => void http.handle(request, response));
    this.#http.on('upgrade', (request, socket, head) =>
      this.#webSockets.upgrade(request, socket, head),
    );
    this.#http.on('connection', (socket) => {
      this.#connections++;
      socket.once('close', () => this.#connections--);
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen({ host: this.#host, port: this.#port }, () => {
        this.#http.off('error', reject);
        resolve();
      });
    });
  }

  get address(): { readonly host: string; readonly port: number } {
    const bound = this.#http.address() as AddressInfo | null;
    if (bound === null) throw new Error('the JSON-RPC server does not listen; call listen() first');
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address;
    return { host, port: bound.port };
  }

  addMethods(methods: Iterable<Method>): void {
    this.#registry.add(methods);
  }

  methods(): Iterable<Method> {
    return this.#registry.all();
  }

  statistics(): RpcServerStatistics {
    return {
      connections: this.#connections,
      webSockets: this.#webSockets.clientCount,
      subscriptions: this.#feed.size,
      filters: this.#filters.size,
      slowClientsDisconnected: this.#webSockets.slowDisconnected,
      unknownMethods: this.#requests.unknownMethods,
      methods: this.#requests.methods(),
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#http.close(() => resolve());
    });
    const deadline = setTimeout(() => {
      this.#webSockets.terminate();
      this.#http.closeAllConnections();
    }, this.#limits.drainTimeoutMs);
    await Promise.all([closed, this.#webSockets.drain()]);
    clearTimeout(deadline);
    this.#feed.close();
    this.#filters.close();
  }
}

/** What wallets and development tools expect. */
const DEFAULT_PORT = 8545;

function httpServer(limits: RpcLimits): Server {
  const server = createServer({
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(limits.headersTimeoutMs, CONNECTIONS_CHECK_MS),
  });
  server.maxConnections = limits.connectionsMax;
  return server;
}

/** How often Node looks for connections beyond their time, ms. */
const CONNECTIONS_CHECK_MS = 5_000;
