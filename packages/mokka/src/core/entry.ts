import type { EntryHash, Epoch, LogIndex, NodeId, StateDigest, Term } from './types.ts';

/**
 * `term-start` carries the leader proof of its term, `payload` bytes of the application, `membership`
 * the next validator set.
 */
export type EntryKind = 'term-start' | 'payload' | 'membership';

/**
 * One place of the replicated log.
 *
 * Invariants, established by the constructor or the decoder:
 * 1. `hash` is SHA-256 of the canonical RLP of the other fields.
 * 2. `parentHash` is the hash of entry `index - 1`, or the root's hash when `index` is 1.
 * 3. `stateDigest` is the application's digest after the parent.
 */
export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly epoch: Epoch;
  readonly parentHash: EntryHash;
  readonly stateDigest: StateDigest;
  /** Unix time in milliseconds by the proposer's clock. */
  readonly timestamp: number;
  readonly proposer: NodeId;
  readonly kind: EntryKind;
  readonly payload: Uint8Array;
  readonly hash: EntryHash;
}
