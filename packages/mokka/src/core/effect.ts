import type { StorageOperation } from '../storage/storage.ts';
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { CoreEvent } from './event.ts';
import type { Member } from './members.ts';
import type { MembershipResult } from './membership.ts';
import type { Message } from './message.ts';
import type { SnapshotEffect } from './snapshot-exchange.ts';
import type { EntryId, LogIndex, NodeId, Term, Ticket } from './types.ts';

/**
 * What the core asks of its host, to be carried out in the order given.
 *
 * Rule *durability* is held by the core itself: a message that needs something on disk is only emitted after the
 * `persisted` input for it, so a host can not send too early.
 */
export type Effect =
  | SnapshotEffect
  | { readonly type: 'send'; readonly to: NodeId; readonly message: Message }
  /** Write atomically, sync, answer `persisted`. */
  | {
      readonly type: 'persist';
      readonly ticket: Ticket;
      readonly operations: readonly StorageOperation[];
    }
  /** Read stored entries `from..to` and the highest certificate among them, answer `entries-read`. */
  | {
      readonly type: 'read-entries';
      readonly ticket: Ticket;
      readonly from: LogIndex;
      readonly to: LogIndex;
      readonly maxBytes: number;
    }
  /** Ask the application, answer `proposal-prepared`. */
  | {
      readonly type: 'prepare-proposal';
      readonly ticket: Ticket;
      readonly parent: EntryId;
      readonly term: Term;
      readonly timestamp: number;
    }
  /**
   * Ask the application, answer `proposal-processed`. A leader's own entries pass here too, right after they were
   * prepared, so that the application learns their hashes. After a restart, stored uncommitted entries pass again.
   */
  | { readonly type: 'process-proposal'; readonly ticket: Ticket; readonly entry: Entry }
  /**
   * Hand committed entries to the application, answer `applied` with the index of the last. Emitted once per entry, in
   * order, after the entries are synced; entries that were never processed can be among them (catching up).
   */
  | {
      readonly type: 'commit';
      readonly entries: readonly Entry[];
      readonly certificate: CommitCertificate;
    }
  /** Tell the application that accepted entries above `to` are dropped. */
  | { readonly type: 'rollback'; readonly to: EntryId }
  /** Keep links to these and to nobody else. */
  | { readonly type: 'peers'; readonly peers: readonly Member[] }
  /** What became of a `propose-membership`. */
  | {
      readonly type: 'membership-result';
      readonly request: number;
      readonly result: MembershipResult;
    }
  /** Reads numbered up to `through` may be answered: the application, at `index` or later, has all they must see. */
  | { readonly type: 'read-current'; readonly through: number; readonly index: LogIndex }
  | { readonly type: 'event'; readonly event: CoreEvent }
  /** Stop the node: going on could break a promise. */
  | { readonly type: 'halt'; readonly code: HaltCode; readonly reason: string };

/** Why a node must stop. */
export type HaltCode =
  /** A valid statement of this node's key that its store does not know. Rule *own-key*. */
  | 'own-key'
  /** A valid certificate names another entry where one is committed: more than f faults. */
  | 'conflicting-commit'
  /** Valid locks that can not both exist: more than f faults. Rule *lock*. */
  | 'conflicting-lock'
  /** The application's state after a committed entry is not the agreed one. */
  | 'state-digest-mismatch'
  /** What the peers certify does not hold the trusted entry. Rule *snapshot*. */
  | 'trusted-entry-mismatch'
  /** The application has closed while it took a snapshot. */
  | 'application-closed'
  /** The core's own invariants do not hold: a defect. */
  | 'invariant';
