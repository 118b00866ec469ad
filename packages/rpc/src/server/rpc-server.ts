/** The JSON-RPC server of a node: its methods, and the ports and the socket file where clients reach them. */
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
import type { HttpRoute } from './http-handler.ts';
import { IpcListener } from './ipc-listener.ts';
import type { Listener } from './listener.ts';
import { viewOf } from './namespaces.ts';
import { NetworkListener, type NetworkListenerOptions } from './network-listener.ts';
import { type MethodStatistics, RequestStatistics } from './request-statistics.ts';

/** The first port, and what is the same for all. */
export interface RpcServerOptions extends NetworkListenerOptions {
  /** Further ports, such as one for operators, with rules of their own. */
  readonly furtherPorts?: readonly NetworkListenerOptions[];
  /** A Unix domain socket with all methods, for the user that runs the node. */
  readonly ipcPath?: string;
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
  /**
   * Starts to listen. Rejects with Node's error, such as `EADDRINUSE`, or `IpcError`; `close` it then.
   */
  listen(): Promise<void>;
  /** Where the first port is, as a URL's host and port. Throws before `listen`. */
  readonly address: { readonly host: string; readonly port: number };
  /** The same of the further ports. */
  readonly furtherAddresses: readonly { readonly host: string; readonly port: number }[];
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
  readonly #ports: readonly [NetworkListener, ...NetworkListener[]];
  readonly #listeners: readonly Listener[];
  readonly #registry = new MethodRegistry();
  readonly #filters: FilterRegistry;
  readonly #feed: SubscriptionFeed;
  readonly #requests = new RequestStatistics();
  readonly #limits: RpcLimits;
  #closed: Promise<void> | undefined;

  constructor(backend: RpcBackend, options: RpcServerOptions) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const logger = options.logger ?? silentLogger;
    this.#limits = limits;
    this.#registry.add(standardMethods);
    if (backend.development !== null) this.#registry.add(developmentModeMethods);
    this.#filters = new FilterRegistry(limits, {
      backend,
      now: options.now ?? (() => performance.now()),
    });
    const feed = new SubscriptionFeed(backend);
    this.#feed = feed;
    const dispatcherOf = (namespaces: readonly string[] | undefined) =>
      new Dispatcher(limits, {
        backend,
        logger,
        registry: viewOf(this.#registry, namespaces),
        filters: this.#filters,
        statistics: this.#requests,
      });
    const portOf = (port: NetworkListenerOptions) =>
      new NetworkListener(port, {
        ...{ limits, feed, logger },
        dispatcher: dispatcherOf(port.namespaces),
        routes: options.routes ?? new Map(),
        isClosing: () => this.#closed !== undefined,
      });
    const further = options.furtherPorts ?? [];
    this.#ports = [portOf(options), ...further.map(portOf)];
    const { ipcPath } = options;
    const ipc =
      ipcPath === undefined
        ? []
        : [new IpcListener(ipcPath, limits, { feed, logger, dispatcher: dispatcherOf(undefined) })];
    this.#listeners = [...this.#ports, ...ipc];
  }

  async listen(): Promise<void> {
    for (const listener of this.#listeners) await listener.listen();
  }

  get address(): { readonly host: string; readonly port: number } {
    return this.#ports[0].address;
  }

  get furtherAddresses(): readonly { readonly host: string; readonly port: number }[] {
    return this.#ports.slice(1).map(({ address }) => address);
  }

  addMethods(methods: Iterable<Method>): void {
    this.#registry.add(methods);
  }

  methods(): Iterable<Method> {
    return this.#registry.all();
  }

  statistics(): RpcServerStatistics {
    return {
      connections: sum(this.#listeners.map(({ connections }) => connections)),
      webSockets: sum(this.#listeners.map(({ webSockets }) => webSockets)),
      subscriptions: this.#feed.size,
      filters: this.#filters.size,
      slowClientsDisconnected: sum(this.#listeners.map(({ slowDisconnected }) => slowDisconnected)),
      unknownMethods: this.#requests.unknownMethods,
      methods: this.#requests.methods(),
    };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const deadline = setTimeout(() => {
      for (const listener of this.#listeners) listener.terminate();
    }, this.#limits.drainTimeoutMs);
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    clearTimeout(deadline);
    this.#feed.close();
    this.#filters.close();
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
