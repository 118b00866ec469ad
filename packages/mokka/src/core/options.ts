/** What a core is made of: identity, validator set, time spans and bounds. */

import type { Member } from './members.ts';
import type { Retention } from './pruning.ts';
import type { SignatureScheme } from './statements.ts';
import type { ClusterId, CrashModel, EntryHash, EntryId, NodeId } from './types.ts';

export interface CoreOptions {
  readonly self: NodeId;
  readonly clusterId: ClusterId;
  readonly crashModel: CrashModel;
  /** Validators of epoch 0 in their agreed order; the leader of term t is number t mod n. */
  readonly validators: readonly NodeId[];
  /** Members of epoch 0 with their addresses. Left out: the validators alone, at made-up addresses. */
  readonly members?: readonly Member[];
  /** Whom to keep links to besides the members: present members, for a node that joins later or was away for long. */
  readonly contacts?: readonly Member[];
  /** Hash that stands for the log before its first entry. */
  readonly rootHash: EntryHash;
  readonly signatures: SignatureScheme;
  readonly timing: Timing;
  readonly limits: Limits;
  /** 32 bits that seed the jitter of timers and the numbers of questions. Give every node, and every start, another one. */
  readonly seed: number;
  /** The application gives and takes snapshots. */
  readonly snapshots?: boolean;
  /** What is kept of the log; everything when absent. */
  readonly retention?: Retention;
  /** An entry that is known to be right: whatever is fetched must hold it. Rule *snapshot*. */
  readonly trustedEntry?: EntryId;
}

/** Time spans in milliseconds. */
export interface Timing {
  /** Between two heartbeats of a leader. */
  readonly heartbeatInterval: number;
  /** Without a live leader for this long (plus jitter) a node pre-votes. */
  readonly electionTimeout: number;
  /** Largest random addition to an election timeout. */
  readonly electionJitter: number;
  /** Cap of the election timeout as it grows with failed terms. Rule *timeouts*. */
  readonly electionTimeoutMax: number;
  /** Age of a leader proof at which nodes pre-vote; its leader hands over before. Rule *expiry*. */
  readonly proofExpiration: number;
  /** Heartbeats of a leader with uncommitted entries stop counting after this long without a commit. Rule *progress*. */
  readonly progressTimeout: number;
  /** An unanswered fetch goes to another peer after this long. */
  readonly fetchTimeout: number;
  /** A certificate waits this long for another write to ride on. */
  readonly certificateDelay: number;
}

/** Bounds on what a node holds or sends at once. */
export interface Limits {
  /** Payload entries proposed above the committed one. */
  readonly maxInFlight: number;
  /** Bytes of one entry's payload. */
  readonly maxPayloadBytes: number;
  /** Entries in one `entries` message. */
  readonly maxFetchEntries: number;
  /** Payload bytes in one `entries` message, after the first entry. */
  readonly maxFetchBytes: number;
  /** Payload bytes of committed entries kept in memory. */
  readonly maxCacheBytes: number;
  /** Committed entries kept in memory. */
  readonly maxCacheEntries: number;
  /** Entries behind a certificate from which on a snapshot is taken where one is offered. */
  readonly snapshotDistance: number;
  /** Entries that a new validator may lack when its change is proposed. Rule *membership*. */
  readonly readinessWindow: number;
}

export const DEFAULT_TIMING: Timing = {
  heartbeatInterval: 50,
  electionTimeout: 350,
  electionJitter: 150,
  electionTimeoutMax: 2_000,
  proofExpiration: 3_600_000,
  progressTimeout: 10_000,
  fetchTimeout: 300,
  certificateDelay: 250,
};

export const DEFAULT_LIMITS: Limits = {
  maxInFlight: 8,
  maxPayloadBytes: 4 * 1024 * 1024,
  maxFetchEntries: 256,
  maxFetchBytes: 1024 * 1024,
  maxCacheBytes: 8 * 1024 * 1024,
  maxCacheEntries: 256,
  snapshotDistance: 10_000,
  readinessWindow: 1024,
};
