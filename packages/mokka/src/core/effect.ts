import type { StorageOperation } from '../storage/storage.ts';
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { CoreEvent } from './event.ts';
import type { Message } from './message.ts';
import type { EntryId, LogIndex, NodeId, Term, Ticket } from './types.ts';

/**
 * What the core asks of its host, to be carried out in the order given.
 *
 * Rule *durability* is held by the core itself: a message that needs something on disk is only emitted after the
 * `persisted` input for it, so a host can not send too early.
 */
export type Effect =
  | { readonly type: 'send'; readonly to: NodeId; readonly message: Message }
  /** Write atomically, sync, answer `persisted`. */
  | {
      readonly type: 'persist';
      readonly ticket: Ticket;
      readonly operations: readonly StorageOperation[];
    }
  /** Read stored entries `from..to`, answer `entries-read`. */
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
  /** Ask the application, answer `proposal-processed`. */
  | { readonly type: 'process-proposal'; readonly ticket: Ticket; readonly entry: Entry }
  /** Hand committed entries to the application, answer `applied`. Emitted once per entry, in order. */
  | {
      readonly type: 'commit';
      readonly entries: readonly Entry[];
      readonly certificate: CommitCertificate;
    }
  /** Tell the application that accepted entries above `to` are dropped. */
  | { readonly type: 'rollback'; readonly to: EntryId }
  | { readonly type: 'event'; readonly event: CoreEvent }
  /** Stop the node: going on could break a promise. */
  | { readonly type: 'halt'; readonly code: string; readonly reason: string };
