import type { CommitCertificate } from './core/certificate.ts';
import type { Entry } from './core/entry.ts';
import type { EntryId, StateDigest, Term } from './core/types.ts';
import type { SnapshotApplication } from './snapshot.ts';

/**
 * What a replicated state machine implements. Names follow ABCI.
 *
 * Calls never overlap: the host waits for one answer before it makes the next call. Entries of every kind are
 * handed over, so that the application's index is the log's; only `payload` entries change its state.
 */
export interface Application {
  /** What is durable, asked once at start. */
  info(): Promise<ApplicationInfo>;
  /**
   * Leader: the next payload on top of `request.parent`, which was accepted before or is committed; or null when there
   * is nothing to propose. The answer's digest is the state after the payload.
   */
  prepareProposal(request: ProposalRequest): Promise<Proposal | null>;
  /**
   * Executes an entry on top of its parent without making it durable. Refuses what the leader must not have proposed.
   * Several entries may be accepted before the first is committed. A leader's own entries come here too, right after
   * `prepareProposal`, so that the application learns their hashes: it may recognise what it has just prepared.
   * Stored uncommitted entries come again after a restart. The digest of a `term-start` is that of its parent.
   */
  processProposal(entry: Entry): Promise<ProposalVerdict>;
  /**
   * Makes entries durable, in order, in one atomic transaction, with the certificate's bytes, which `info` returns
   * after a restart. The certificate names the last of them or a descendant of it. Entries that were never processed
   * (a node that catches up) are executed here. Rejects only when the node must stop.
   */
  commit(entries: readonly Entry[], certificate: CommitCertificate): Promise<CommitResult>;
  /** Drops every accepted, uncommitted entry above `to`. */
  rollback(to: EntryId): Promise<void>;
  /** Absent when nodes of this application can only replay the log. */
  readonly snapshots?: SnapshotApplication;
}

export interface ApplicationInfo {
  /** The last entry made durable; the root (index 0) for a new application. */
  readonly applied: EntryId;
  /** Digest of the state after `applied`. */
  readonly stateDigest: StateDigest;
  /** Bytes of the certificate that was given with `applied`; null at the root. */
  readonly certificate: Uint8Array | null;
}

export interface ProposalRequest {
  readonly parent: EntryId;
  readonly term: Term;
  /** Unix time in milliseconds that the entry will carry. */
  readonly timestamp: number;
  /** Upper bound of the payload in bytes. */
  readonly maxBytes: number;
}

export interface Proposal {
  readonly payload: Uint8Array;
  /** Digest of the state after the payload. */
  readonly stateDigest: StateDigest;
}

export type ProposalVerdict =
  | { readonly accepted: true; readonly stateDigest: StateDigest }
  | { readonly accepted: false; readonly reason: string };

export interface CommitResult {
  /** Digest of the state after the last entry. */
  readonly stateDigest: StateDigest;
}
