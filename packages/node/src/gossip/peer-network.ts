import type { NodeId } from 'mokka';
import type { PeerMessage } from './peer-message.ts';

/** The other nodes as gossip and forwarding see them: Mokka's application channel, or a test's. */
export interface PeerNetwork {
  readonly self: NodeId;
  /** The live leader as far as this node knows. */
  leader(): NodeId | null;
  /** False when the frame was dropped: no link, or its queue is full. */
  send(to: NodeId, message: PeerMessage): boolean;
  /** To every member with a link. */
  broadcast(message: PeerMessage): void;
  /** Whether this node has links to enough validators for agreement, and words for when it has not. */
  quorum(): QuorumView;
}

export interface QuorumView {
  /** Validators with a link, this node included. */
  readonly connected: number;
  readonly needed: number;
  readonly validators: number;
}
