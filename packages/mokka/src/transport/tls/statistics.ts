/** Plain counters of the transport; whoever exports metrics reads them. They only grow, unless said otherwise. */
import type { NodeId } from '../../core/types.ts';

export interface ChannelStatistics {
  framesSent: number;
  bytesSent: number;
  framesReceived: number;
  bytesReceived: number;
  /** Frames that `write` refused: no link, too large, or a full queue. */
  framesDropped: number;
}

export interface PeerStatistics {
  readonly consensus: Readonly<ChannelStatistics>;
  readonly application: Readonly<ChannelStatistics>;
  readonly connected: boolean;
  /** Unix time in milliseconds since when the present link is open, or null. */
  readonly connectedSince: number | null;
  /** Links that were opened after the first one. */
  readonly reconnects: number;
  /** Dialled connections that came to nothing. */
  readonly failedDials: number;
  /** Why the last link closed or the last dial failed, or null. */
  readonly lastReason: string | null;
  /** Of the last ping in milliseconds, or null before the first answer. */
  readonly roundTripMs: number | null;
  /** Bytes of frames that wait to be written at the moment. */
  readonly queuedBytes: number;
}

/** Connections that were closed before they became a link, by reason. */
export interface RefusalStatistics {
  /** A key that is no member's. */
  unknownKey: number;
  /** A dialled node showed another key than the address names. */
  wrongKey: number;
  /** This node's own key: a copy of it may be running elsewhere. */
  ownKey: number;
  /** No certificate, or one of another kind of key. */
  noKey: number;
  /** Another cluster, an unknown frame, or frames in a wrong order. */
  badHello: number;
  /** Not TLS 1.3 with this protocol, or closed in the middle of the handshake. */
  failedHandshake: number;
  handshakeTimeout: number;
  /** Dropped for a newer one because too many were unauthenticated. */
  tooMany: number;
}

export interface TransportStatistics {
  readonly peers: ReadonlyMap<NodeId, PeerStatistics>;
  readonly refused: Readonly<RefusalStatistics>;
  /** Inbound connections whose key is not yet known, at the moment. */
  readonly unauthenticated: number;
}

export function createChannelStatistics(): ChannelStatistics {
  return { framesSent: 0, bytesSent: 0, framesReceived: 0, bytesReceived: 0, framesDropped: 0 };
}

export function createRefusalStatistics(): RefusalStatistics {
  return {
    unknownKey: 0,
    wrongKey: 0,
    ownKey: 0,
    noKey: 0,
    badHello: 0,
    failedHandshake: 0,
    handshakeTimeout: 0,
    tooMany: 0,
  };
}
