import type { ClusterId, EntryHash, Epoch, LogIndex, NodeId, Signature, Term } from './types.ts';

/**
 * What nodes sign. Rule *signed*: every statement signs the cluster id and its own type, so that none can be
 * counted as another or shown to another cluster.
 */

/** The highest entry that may be committed as far as its owner knows. Rule *lock*. */
export interface Lock {
  readonly term: Term;
  readonly index: LogIndex;
  readonly hash: EntryHash;
}

/** Promises nothing. Rule *pre-vote*. */
export interface PreVote {
  readonly type: 'pre-vote';
  readonly epoch: Epoch;
  readonly term: Term;
  readonly sender: NodeId;
  readonly signature: Signature;
}

/** The durable promise. Rule *promise*. */
export interface TermVote {
  readonly type: 'term-vote';
  readonly epoch: Epoch;
  readonly term: Term;
  readonly lock: Lock;
  readonly voter: NodeId;
  readonly signature: Signature;
}

/** A leader gives its term away. Rule *expiry*. */
export interface HandOver {
  readonly type: 'hand-over';
  readonly epoch: Epoch;
  readonly fromTerm: Term;
  readonly toTerm: Term;
  readonly leader: NodeId;
  readonly signature: Signature;
}

/** A candidate that can not obtain its anchor gives up. Rule *yield*. */
export interface Yield {
  readonly type: 'yield';
  readonly epoch: Epoch;
  readonly term: Term;
  readonly sender: NodeId;
  readonly signature: Signature;
}

/** CFT has `commit` only. Rule *vote*. */
export type VotePhase = 'prepare' | 'commit';

export interface Vote {
  readonly type: 'vote';
  readonly phase: VotePhase;
  readonly epoch: Epoch;
  readonly term: Term;
  readonly index: LogIndex;
  readonly hash: EntryHash;
  readonly voter: NodeId;
  readonly signature: Signature;
}

/** The signer holds everything up to `index`, and asks for a vote in the next epoch. Rule *membership*. */
export interface Readiness {
  readonly type: 'readiness';
  readonly epoch: Epoch;
  readonly member: NodeId;
  readonly index: LogIndex;
  readonly hash: EntryHash;
  readonly signature: Signature;
}

export type Statement = PreVote | TermVote | HandOver | Yield | Vote | Readiness;

/** Signs as this node, and checks what others signed. Deterministic and synchronous. */
export interface SignatureScheme {
  /** Ed25519 (RFC 8032) over `bytes`, with this node's key. */
  sign(bytes: Uint8Array): Signature;
  verify(signer: NodeId, bytes: Uint8Array, signature: Signature): boolean;
}

/** Everything a statement is bound to besides its own fields. */
export interface SigningContext {
  readonly clusterId: ClusterId;
}
