/**
 * Links between nodes over mutual TLS 1.3.
 *
 * Only the keys given by `setPeers` are let in; every connection is judged by its key before a byte of it is read. Each
 * of two peers dials the other while there is no link, and one of them decides which connection becomes it.
 */
import { createServer, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClusterId, NodeId } from '../../core/types.ts';
import type { NodeKey } from '../../identity/node-key.ts';
import { createTlsCredentials, type TlsCredentials } from '../../identity/node-x509.ts';
import type { Channel, PeerAddress, Transport, TransportHandlers } from '../transport.ts';
import { APPLICATION_REPORT_BYTES, Connection, type ConnectionHandlers } from './connection.ts';
import { createInstance, type Hello } from './hello.ts';
import { DEFAULT_TLS_TRANSPORT_LIMITS, type TlsTransportLimits } from './limits.ts';
import { PeerLink } from './peer-link.ts';
import {
  createRefusalStatistics,
  type RefusalStatistics,
  type TransportStatistics,
} from './statistics.ts';
import { clientSocket, provenKey, serverSocket } from './tls-socket.ts';

export interface TlsTransportOptions {
  readonly key: NodeKey;
  readonly clusterId: ClusterId;
  /** Where to listen: an address of this machine, and a TCP port or 0 for any free one. */
  readonly host: string;
  readonly port: number;
  readonly limits?: Partial<TlsTransportLimits>;
}

export interface TlsTransportModules {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Unix time in milliseconds, for statistics only. */
  readonly unixTime: () => number;
  /** Uniform in [0, 1), jitters reconnection. */
  readonly random: () => number;
}

export type TransportErrorCode = 'address-in-use' | 'listen-failed' | 'invalid-limits' | 'closed';

export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Sockets close within this many milliseconds when the transport closes; what is left is destroyed. */
const CLOSE_MAX_MS = 500;

interface ConnectionState {
  readonly socket: TLSSocket;
  readonly isOutbound: boolean;
  isOpened: boolean;
}

const REAL_MODULES: TlsTransportModules = {
  now: () => performance.now(),
  unixTime: () => Date.now(),
  random: () => Math.random(),
};

/** Mutual TLS 1.3, pinned to the members' node keys: the transport for networks. */
export class TlsTransport implements Transport {
  readonly #options: TlsTransportOptions;
  readonly #modules: TlsTransportModules;
  readonly #limits: TlsTransportLimits;
  readonly #hello: Hello;
  readonly #links = new Map<NodeId, PeerLink>();
  readonly #connections = new Map<Connection, ConnectionState>();
  /** Every socket that is not closed yet. */
  readonly #sockets = new Set<Socket>();
  /** Sockets of connections that are not open yet. */
  readonly #handshaking = new Set<TLSSocket>();
  /** Inbound sockets whose key is not known yet, oldest first. */
  readonly #unauthenticated = new Set<TLSSocket>();
  readonly #refused: RefusalStatistics = createRefusalStatistics();
  #credentials: TlsCredentials | undefined;
  #handlers: TransportHandlers | undefined;
  #server: Server | undefined;
  #isClosed = false;

  /** @throws {TransportError} `invalid-limits` when a limit could stop a link for good. */
  constructor(options: TlsTransportOptions, modules: Partial<TlsTransportModules> = {}) {
    this.#options = options;
    this.#modules = { ...REAL_MODULES, ...modules };
    this.#limits = { ...DEFAULT_TLS_TRANSPORT_LIMITS, ...options.limits };
    this.#hello = { clusterId: options.clusterId, instance: createInstance() };
    if (this.#limits.applicationWindowBytes < APPLICATION_REPORT_BYTES * 2) {
      throw new TransportError(
        'invalid-limits',
        `applicationWindowBytes is at least ${APPLICATION_REPORT_BYTES * 2}`,
      );
    }
  }

  /** @throws {TransportError} `address-in-use`, `listen-failed`, `closed`. */
  async listen(handlers: TransportHandlers): Promise<void> {
    if (this.#isClosed) throw new TransportError('closed', 'the transport is closed');
    this.#credentials = await createTlsCredentials(this.#options.key);
    const server = createServer({ noDelay: true }, (raw) => this.#accept(raw));
    await bind(server, this.#options.host, this.#options.port);
    this.#server = server;
    this.#handlers = handlers;
    for (const link of this.#links.values()) link.start();
  }

  /** The TCP port that is listened on, or undefined before `listen`. */
  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  setPeers(peers: readonly PeerAddress[]): void {
    if (this.#isClosed) return;
    const wanted = new Map(peers.map((peer) => [peer.id, peer]));
    wanted.delete(this.#options.key.id);
    for (const [id, link] of this.#links) {
      const address = wanted.get(id);
      if (address === undefined) {
        this.#links.delete(id);
        this.#closeConnections(id, 'no longer a member');
        link.stop('no longer a member');
      } else {
        link.address = address;
      }
    }
    for (const [id, address] of wanted) {
      if (this.#links.has(id)) continue;
      const link = new PeerLink(this.#options.key.id, address, this.#limits, {
        ...this.#modules,
        dial: (dialled) => this.#dial(dialled),
        onDisconnected: (peer, reason) => this.#handlers?.onDisconnected(peer, reason),
      });
      this.#links.set(id, link);
      if (this.#handlers !== undefined) link.start();
    }
  }

  write(to: NodeId, channel: Channel, frame: Uint8Array): boolean {
    return this.#links.get(to)?.write(channel, frame) ?? false;
  }

  statistics(): TransportStatistics {
    return {
      peers: new Map([...this.#links].map(([id, link]) => [id, link.statistics()])),
      refused: { ...this.#refused },
      unauthenticated: this.#unauthenticated.size,
    };
  }

  /** Closes all links and the listening socket. No handler is called any more. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#handlers = undefined;
    for (const link of this.#links.values()) link.stop('shutting down');
    this.#links.clear();
    for (const connection of [...this.#connections.keys()]) connection.close('shutting down');
    for (const socket of this.#unauthenticated) socket.destroy();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, CLOSE_MAX_MS);
    await Promise.all([
      ...[...this.#sockets].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      ),
      new Promise<void>((resolve) => {
        if (this.#server === undefined) resolve();
        else this.#server.close(() => resolve());
      }),
    ]);
    clearTimeout(timer);
  }

  #accept(raw: Socket): void {
    const credentials = this.#credentials;
    if (this.#isClosed || credentials === undefined) {
      raw.destroy();
      return;
    }
    if (this.#unauthenticated.size >= this.#limits.unauthenticatedMax) {
      // The oldest goes: a member's handshake takes milliseconds, so what lingers is none.
      const [oldest] = this.#unauthenticated;
      oldest?.destroy();
      if (oldest !== undefined) this.#unauthenticated.delete(oldest);
      this.#refused.tooMany += 1;
    }
    const socket = serverSocket(raw, credentials);
    this.#unauthenticated.add(socket);
    this.#track(socket, (failure) => {
      if (!this.#unauthenticated.delete(socket)) return;
      if (failure === 'timeout') this.#refused.handshakeTimeout += 1;
      else this.#refused.failedHandshake += 1;
    });
    socket.once('secure', () => {
      if (!this.#unauthenticated.delete(socket)) return;
      const peer = provenKey(socket);
      const link = peer === undefined ? undefined : this.#links.get(peer);
      if (link === undefined) {
        this.#count(peer, 'unknownKey');
        socket.destroy();
        return;
      }
      this.#dropUnopened(link.id);
      this.#connect(socket, link, false);
    });
  }

  /** Makes room for one more: a member that opens none of its connections could otherwise hold any number until their deadline. */
  #dropUnopened(peer: NodeId): void {
    const unopened = [...this.#connections].filter(
      ([connection, { isOutbound, isOpened }]) =>
        connection.peer === peer && !isOutbound && !isOpened,
    );
    const [oldest] = unopened;
    if (oldest === undefined || unopened.length < this.#limits.unopenedPerPeerMax) return;
    const [connection, { socket }] = oldest;
    this.#refused.tooMany += 1;
    connection.close('too many connections');
    socket.destroy();
  }

  #dial(link: PeerLink): void {
    const credentials = this.#credentials;
    if (this.#isClosed || credentials === undefined) return;
    const socket = clientSocket(link.address, credentials);
    let isSecure = false;
    let failure: string | undefined;
    this.#track(socket, (reason) => {
      if (!isSecure) link.dialEnded(failure ?? reason);
    });
    socket.once('secureConnect', () => {
      const peer = provenKey(socket);
      if (peer !== link.id || this.#links.get(link.id) !== link) {
        this.#count(peer, 'wrongKey');
        failure = `the node at ${link.address.host}:${link.address.port} is ${peer ?? 'of no known kind'}`;
        socket.destroy();
        return;
      }
      isSecure = true;
      this.#connect(socket, link, true);
    });
  }

  /** Holds a socket to the handshake's deadline and tells how it ended. */
  #track(socket: TLSSocket, onClosed: (reason: string) => void): void {
    let reason = 'closed during the handshake';
    const timer = setTimeout(() => {
      if (!this.#handshaking.has(socket)) return;
      reason = 'timeout';
      socket.destroy();
    }, this.#limits.handshakeTimeoutMs);
    this.#sockets.add(socket);
    this.#handshaking.add(socket);
    socket.on('error', (error) => {
      if (reason !== 'timeout') reason = error.message;
    });
    socket.once('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
      this.#handshaking.delete(socket);
      onClosed(reason);
    });
  }

  #connect(socket: TLSSocket, link: PeerLink, isOutbound: boolean): void {
    const connection = new Connection(
      {
        socket,
        peer: link.id,
        isArbiter: link.isArbiter,
        hello: this.#hello,
        limits: this.#limits,
        now: this.#modules.now,
      },
      this.#connectionHandlers(link),
    );
    this.#connections.set(connection, { socket, isOutbound, isOpened: false });
    socket.on('error', (error) => connection.fail(error));
    connection.start();
  }

  #connectionHandlers(link: PeerLink): ConnectionHandlers {
    return {
      onHello: (connection) => link.decide(connection),
      onOpen: (connection, number) => link.accept(connection, number),
      onOpened: (connection) => {
        const state = this.#connections.get(connection);
        if (state === undefined) return;
        state.isOpened = true;
        this.#handshaking.delete(state.socket);
        if (state.isOutbound) link.dialEnded(undefined);
        this.#handlers?.onConnected(link.id);
      },
      onFrame: (connection, channel, body) => {
        if (!link.isCurrent(connection)) return;
        link.received(channel, body.length);
        this.#handlers?.onFrame(link.id, channel, body);
      },
      onClose: (connection, reason) => {
        const state = this.#connections.get(connection);
        this.#connections.delete(connection);
        link.connectionClosed(connection, reason);
        if (state === undefined || state.isOpened) return;
        if (connection.hasViolatedProtocol) this.#refused.badHello += 1;
        if (state.isOutbound) link.dialEnded(reason);
      },
    };
  }

  #closeConnections(peer: NodeId, reason: string): void {
    for (const connection of [...this.#connections.keys()]) {
      if (connection.peer === peer) connection.close(reason);
    }
  }

  #count(peer: NodeId | undefined, otherwise: 'unknownKey' | 'wrongKey'): void {
    if (peer === undefined) this.#refused.noKey += 1;
    else if (peer === this.#options.key.id) this.#refused.ownKey += 1;
    else this.#refused[otherwise] += 1;
  }
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const code = cause.code === 'EADDRINUSE' ? 'address-in-use' : 'listen-failed';
      const hint =
        code === 'address-in-use'
          ? 'another process listens there: stop it or choose another port'
          : 'check the host and port to listen on';
      reject(
        new TransportError(code, `can not listen on ${host}:${port} (${cause.message}): ${hint}`, {
          cause,
        }),
      );
    });
    server.listen(port, host, () => {
      // Later errors are those of single connections being accepted, such as running out of descriptors.
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      resolve();
    });
  });
}
