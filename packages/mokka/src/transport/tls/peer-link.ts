/**
 * Everything between this node and one other: the open connection if there is one, dialling while there is none, and
 * the counters of both.
 */
import type { NodeId } from '../../core/types.ts';
import type { Channel, PeerAddress } from '../transport.ts';
import type { Connection } from './connection.ts';
import type { TlsTransportLimits } from './limits.ts';
import {
  type ChannelStatistics,
  createChannelStatistics,
  type PeerStatistics,
} from './statistics.ts';

/**
 * The arbiter keeps a connection this long, in milliseconds, against another one of the same run of the peer: both
 * sides dialled at once. Later the newer one wins, since the peer has lost the older one.
 */
export const DUPLICATE_WINDOW_MS = 1000;

/** What a link needs of a connection. */
export type LinkConnection = Pick<
  Connection,
  'peerInstance' | 'queue' | 'roundTripMs' | 'write' | 'close'
>;

export interface PeerLinkModules {
  /** Begins to dial; `dialEnded` is called when it came to nothing. */
  readonly dial: (link: PeerLink) => void;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Unix time in milliseconds. */
  readonly unixTime: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly onDisconnected: (peer: NodeId, reason: string) => void;
}

export class PeerLink {
  readonly id: NodeId;
  readonly isArbiter: boolean;
  address: PeerAddress;
  readonly #limits: TlsTransportLimits;
  readonly #modules: PeerLinkModules;
  readonly #channels: Record<Channel, ChannelStatistics> = {
    consensus: createChannelStatistics(),
    application: createChannelStatistics(),
  };
  #connection: LinkConnection | undefined;
  /** As arbiter: connections opened so far. Otherwise: number of the last one that the arbiter's run opened. */
  #openNumber = 0;
  #arbiterInstance = '';
  /** Monotonic milliseconds. */
  #openedAt = 0;
  #connectedSince: number | null = null;
  #links = 0;
  #failedDials = 0;
  #failuresInARow = 0;
  #lastReason: string | null = null;
  #dialTimer: NodeJS.Timeout | undefined;
  #isDialling = false;
  #isStopped = false;

  constructor(
    own: NodeId,
    address: PeerAddress,
    limits: TlsTransportLimits,
    modules: PeerLinkModules,
  ) {
    this.id = address.id;
    this.address = address;
    this.isArbiter = own < address.id;
    this.#limits = limits;
    this.#modules = modules;
  }

  /** Begins to seek a connection. */
  start(): void {
    // The other side lets the arbiter go first, so that usually only one connection is made.
    this.#scheduleDial(this.isArbiter ? 0 : this.#jittered(this.#limits.reconnectMinMs * 2));
  }

  /** Closes for good. */
  stop(reason: string): void {
    this.#isStopped = true;
    clearTimeout(this.#dialTimer);
    this.#connection?.close(reason);
  }

  write(channel: Channel, frame: Uint8Array): boolean {
    const statistics = this.#channels[channel];
    const maxBytes =
      channel === 'consensus'
        ? this.#limits.consensusFrameMaxBytes
        : this.#limits.applicationFrameMaxBytes;
    const isQueued = frame.length <= maxBytes && (this.#connection?.write(channel, frame) ?? false);
    if (isQueued) {
      statistics.framesSent += 1;
      statistics.bytesSent += frame.length;
    } else {
      statistics.framesDropped += 1;
    }
    return isQueued;
  }

  received(channel: Channel, bytes: number): void {
    const statistics = this.#channels[channel];
    statistics.framesReceived += 1;
    statistics.bytesReceived += bytes;
  }

  isCurrent(connection: LinkConnection): boolean {
    return this.#connection === connection;
  }

  /** As arbiter: takes a connection whose hello arrived, or says why not. */
  decide(connection: LinkConnection): { readonly open: number } | { readonly refuse: string } {
    if (this.#isStopped) return { refuse: 'not a member' };
    const present = this.#connection;
    if (
      present !== undefined &&
      present.peerInstance === connection.peerInstance &&
      this.#modules.now() - this.#openedAt < DUPLICATE_WINDOW_MS
    ) {
      return { refuse: 'a second connection' };
    }
    this.#openNumber += 1;
    this.#replace(connection);
    return { open: this.#openNumber };
  }

  /** Not the arbiter: takes the connection that the arbiter opened, unless it has opened a later one. */
  accept(connection: LinkConnection, number: number): string | undefined {
    if (this.#isStopped) return 'not a member';
    if (connection.peerInstance === this.#arbiterInstance && number <= this.#openNumber) {
      return 'an earlier connection';
    }
    this.#arbiterInstance = connection.peerInstance;
    this.#openNumber = number;
    this.#replace(connection);
    return undefined;
  }

  /** A connection of this peer ended, whether it was ever open or not. */
  connectionClosed(connection: LinkConnection, reason: string): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    this.#connectedSince = null;
    this.#lastReason = reason;
    const lived = this.#modules.now() - this.#openedAt;
    if (lived >= DUPLICATE_WINDOW_MS) this.#failuresInARow = 0;
    else this.#failuresInARow += 1;
    this.#scheduleDial(this.#pause());
    this.#modules.onDisconnected(this.id, reason);
  }

  /** A dial is over: its connection was opened, or came to nothing for a reason. */
  dialEnded(failure: string | undefined): void {
    this.#isDialling = false;
    if (failure === undefined || this.#connection !== undefined) return;
    this.#failedDials += 1;
    this.#failuresInARow += 1;
    this.#lastReason = failure;
    this.#scheduleDial(this.#pause());
  }

  statistics(): PeerStatistics {
    const queue = this.#connection?.queue;
    return {
      consensus: { ...this.#channels.consensus },
      application: { ...this.#channels.application },
      connected: this.#connection !== undefined,
      connectedSince: this.#connectedSince,
      reconnects: Math.max(0, this.#links - 1),
      failedDials: this.#failedDials,
      lastReason: this.#lastReason,
      roundTripMs: this.#connection?.roundTripMs ?? null,
      queuedBytes: (queue?.consensusBytes ?? 0) + (queue?.applicationBytes ?? 0),
    };
  }

  #replace(connection: LinkConnection): void {
    const earlier = this.#connection;
    this.#connection = undefined;
    if (earlier !== undefined) {
      const reason = 'replaced by a newer connection';
      earlier.close(reason);
      this.#modules.onDisconnected(this.id, reason);
    }
    this.#connection = connection;
    this.#openedAt = this.#modules.now();
    this.#connectedSince = this.#modules.unixTime();
    this.#links += 1;
    clearTimeout(this.#dialTimer);
  }

  #scheduleDial(pauseMs: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#dialTimer);
    this.#dialTimer = setTimeout(() => {
      if (this.#isStopped || this.#isDialling || this.#connection !== undefined) return;
      this.#isDialling = true;
      this.#modules.dial(this);
    }, pauseMs);
  }

  #pause(): number {
    const { reconnectMinMs, reconnectMaxMs } = this.#limits;
    const doublings = Math.min(this.#failuresInARow, 20);
    return this.#jittered(Math.min(reconnectMaxMs, reconnectMinMs * 2 ** doublings));
  }

  /** Between a half and the whole of it, so that nodes that lost each other at once do not stay in step. */
  #jittered(ms: number): number {
    return ms * (0.5 + this.#modules.random() / 2);
  }
}
