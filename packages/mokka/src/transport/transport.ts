import type { NodeId } from '../core/types.ts';

/**
 * Carries frames between nodes: at most once, in order per peer and channel, without any promise of delivery.
 *
 * An implementation authenticates its peers: a frame is handed up with the node id of the key that sent it.
 */
export interface Transport {
  /** Binds and starts handing up frames. Throws when the address is taken. */
  listen(handlers: TransportHandlers): Promise<void>;
  /** The members whose links are kept and accepted; links to all others are closed. Excludes this node. */
  setPeers(peers: readonly PeerAddress[]): void;
  /**
   * Queues a frame. False when it was dropped: unknown peer, frame over the size limit, or the peer's bounded queue
   * is full. Never throws for a peer that is away.
   */
  write(to: NodeId, channel: Channel, frame: Uint8Array): boolean;
  close(): Promise<void>;
}

/** Separate bounded queues: a flood of application frames never delays or drops a vote. */
export type Channel = 'consensus' | 'application';

export interface TransportHandlers {
  onFrame(from: NodeId, channel: Channel, frame: Uint8Array): void;
  onConnected(peer: NodeId): void;
  onDisconnected(peer: NodeId, reason: string): void;
}

export interface PeerAddress {
  readonly id: NodeId;
  readonly host: string;
  /** TCP port, 1 to 65535. */
  readonly port: number;
}
