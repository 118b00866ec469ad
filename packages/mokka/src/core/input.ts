import type { Proposal, ProposalVerdict } from '../application.ts';
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { MembershipChange } from './members.ts';
import type { Message } from './message.ts';
import type { SnapshotInput } from './snapshot-exchange.ts';
import type { EntryHash, LogIndex, NodeId, StateDigest, Ticket } from './types.ts';

/** Everything that can happen to a node. The core reacts to nothing else. */
export type Input =
  | SnapshotInput
  /** Time passed; due at the latest at the instant `nextDeadline()` named. */
  | { readonly type: 'tick' }
  /** A decoded message from an authenticated member. */
  | { readonly type: 'message'; readonly from: NodeId; readonly message: Message }
  | { readonly type: 'peer-connected'; readonly peer: NodeId }
  | { readonly type: 'peer-disconnected'; readonly peer: NodeId }
  /** A `persist` effect is synced to disk. Tickets come back in order. */
  | { readonly type: 'persisted'; readonly ticket: Ticket }
  /**
   * Answer to `read-entries`: consecutive entries from the first one asked for, possibly fewer than asked for, and the
   * highest stored certificate that names one of them.
   */
  | {
      readonly type: 'entries-read';
      readonly ticket: Ticket;
      readonly entries: readonly Entry[];
      readonly certificate: CommitCertificate | null;
    }
  /** Answer to `prepare-proposal`. */
  | {
      readonly type: 'proposal-prepared';
      readonly ticket: Ticket;
      readonly proposal: Proposal | null;
    }
  /** Answer to `process-proposal`. */
  | {
      readonly type: 'proposal-processed';
      readonly ticket: Ticket;
      readonly hash: EntryHash;
      readonly verdict: ProposalVerdict;
    }
  /** The application made everything up to `index` durable. */
  | { readonly type: 'applied'; readonly index: LogIndex; readonly stateDigest: StateDigest }
  /** The application has something to propose. */
  | { readonly type: 'pending' }
  /**
   * BFT, rule *progress*: the application complains of the present leader, or no longer does. It may only for what it sent to that
   * leader itself, and what the leader could have proposed in each of the last blocks while they had room; a node that complains of
   * what could not be proposed helps f liars to unseat a correct leader. Ends by itself with the term.
   */
  | { readonly type: 'complaint'; readonly active: boolean }
  /** Everything committed anywhere before now shall be visible here; answered by `read-current`. Numbered from 1. */
  | { readonly type: 'read-index'; readonly read: number }
  /** This node, if it leads, shall give its term to another; null: to any that is connected and caught up. */
  | { readonly type: 'transfer-leadership'; readonly to: NodeId | null }
  /** An operator's change of the members; answered by `membership-result` within `timeout` ms. */
  | {
      readonly type: 'propose-membership';
      readonly request: number;
      readonly change: MembershipChange;
      readonly timeout: number;
    };
