/** What a core can say about itself at any moment, for operators and tests. */
import type { EntryId, Epoch, LogIndex, NodeId, Role, Term } from './types.ts';

/** What a node waits for before anything moves; `nothing` when it is idle or busy by itself. */
export type WaitingFor =
  | 'nothing'
  | 'leader'
  | 'pre-votes'
  | 'term-votes'
  | 'anchor'
  | 'term-start'
  | 'votes'
  | 'entries'
  | 'application';

export interface PeerStatus {
  readonly id: NodeId;
  readonly connected: boolean;
  /** Instant (monotonic ms) of the last message, or null. */
  readonly lastHeard: number | null;
  /** Last entry and committed entry the peer told of, or null. */
  readonly last: EntryId | null;
  readonly committed: EntryId | null;
}

export interface CoreStatus {
  readonly role: Role;
  readonly term: Term;
  /** The live leader, or null. */
  readonly leader: NodeId | null;
  readonly epoch: Epoch;
  readonly commitIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  readonly waitingFor: {
    readonly what: WaitingFor;
    readonly from: readonly NodeId[];
    /** Instant (monotonic ms) since when. */
    readonly since: number;
  };
  readonly peers: readonly PeerStatus[];
  /** How many inputs were ignored, by reason. */
  readonly ignored: ReadonlyMap<string, number>;
  readonly halted: { readonly code: string; readonly reason: string } | null;
}
