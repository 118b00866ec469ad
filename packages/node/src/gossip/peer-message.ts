/**
 * What nodes tell each other beside consensus, over Mokka's application channel.
 *
 * None of it is trusted: transactions carry their own signatures, statuses are shown to operators only, and a leader
 * answers a request only for accounts that the genesis configuration gave to every node.
 */
import type { NodeId, Role } from 'mokka';

/** Names one client request on its way between nodes: 16 random bytes as 32 hexadecimal digits. */
export type RequestId = string & { readonly __brand: 'RequestId' };

/** A pooled transaction, and the request that made the leader sign it, if one did. */
export interface GossipedTransaction {
  /** EIP-2718 bytes. */
  readonly raw: Uint8Array;
  readonly requestId: RequestId | null;
}

export type PeerMessage =
  /** Transactions of the sender's pool. */
  | { readonly type: 'transactions'; readonly transactions: readonly GossipedTransaction[] }
  /** To the leader: fill, sign and return a transaction of a development account. `request` is JSON. */
  | { readonly type: 'sign'; readonly requestId: RequestId; readonly request: string }
  /** From the leader to all, before the transaction may be mined, so that a repeated request gets the same answer. */
  | { readonly type: 'signed'; readonly requestId: RequestId; readonly raw: Uint8Array }
  /** To the leader: make a block now, empty if need be. */
  | { readonly type: 'mine'; readonly requestId: RequestId }
  /** From the leader: the block that `mine` asked for is committed. */
  | { readonly type: 'mined'; readonly requestId: RequestId; readonly blockNumber: number }
  /** To the leader: bring a development operation into the log, which answers it. */
  | { readonly type: 'develop'; readonly requestId: RequestId; readonly operation: Uint8Array }
  /** The request can not be served; `code` is a `ChainErrorCode` or `not-leader`. */
  | {
      readonly type: 'refused';
      readonly requestId: RequestId;
      readonly code: string;
      readonly message: string;
    }
  /** To the leader, for an operator: give leadership to this validator, or to any. */
  | { readonly type: 'transfer'; readonly to: NodeId | null }
  /** How the sender is, every second. */
  | { readonly type: 'status'; readonly status: PeerStatus };

/** What a node says of itself; for operators, never for a decision. */
export interface PeerStatus {
  readonly role: Role;
  readonly term: number;
  /** Last entry applied to the chain. */
  readonly appliedIndex: number;
  /** Number and hash of the head block. */
  readonly blockNumber: number;
  readonly blockHash: string;
  /** Pooled transactions. */
  readonly pooled: number;
  /** Where other machines reach its JSON-RPC, `http://host:port` or `https://host:port`; null when it serves its own machine only. */
  readonly rpcUrl: string | null;
}
