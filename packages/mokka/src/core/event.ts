import type { Entry } from './entry.ts';
import type { Evidence } from './evidence.ts';
import type { Member } from './members.ts';
import type { EntryId, Epoch, LogIndex, NodeId, Role, Term } from './types.ts';

/** What users of the library observe; names are those of the original Mokka. */
export type CoreEvent =
  /** Role, term or known leader changed. */
  | {
      readonly type: 'state';
      readonly role: Role;
      readonly term: Term;
      readonly leader: NodeId | null;
    }
  | { readonly type: 'join'; readonly peer: NodeId }
  | { readonly type: 'leave'; readonly peer: NodeId }
  /** No leader was heard for an election timeout. */
  | { readonly type: 'heartbeat_timeout'; readonly term: Term }
  /** Entry accepted: stored and voted for, not yet agreed. */
  | { readonly type: 'log'; readonly entry: Entry }
  /** Entry committed. */
  | { readonly type: 'log_ack'; readonly entry: Entry }
  /** The application's state comes from a snapshot made at this entry: no `log_ack` tells of what it skipped. */
  | { readonly type: 'snapshot'; readonly entry: EntryId }
  /** BFT: a validator contradicted itself; the proof is being stored and is passed on. */
  | { readonly type: 'evidence'; readonly offender: NodeId; readonly evidence: Evidence }
  /** A membership entry was committed; the next epoch has begun. */
  | {
      readonly type: 'epoch';
      readonly epoch: Epoch;
      /** Of the membership entry. */
      readonly index: LogIndex;
      readonly members: readonly Member[];
    }
  | { readonly type: 'error'; readonly code: string; readonly message: string };
