import type { CommitCertificate, LeaderProof } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { HandOver, PreVote, TermVote, Vote, Yield } from './statements.ts';
import type { EntryId, LogIndex, Term } from './types.ts';

/** What nodes say to each other on the consensus channel. */
export type Message =
  /** Leader to all: alive, and how far it is. Resets election timers. */
  | {
      readonly type: 'heartbeat';
      readonly term: Term;
      readonly last: EntryId;
      readonly committed: EntryId;
    }
  /** Answer to a heartbeat: what the follower has accepted of this leader, and what it knows as committed. */
  | {
      readonly type: 'heartbeat-ack';
      readonly term: Term;
      readonly last: EntryId;
      readonly committed: EntryId;
    }
  | { readonly type: 'pre-vote'; readonly preVote: PreVote }
  /** The statement and what justified it: the pre-vote quorum, or the hand-over. */
  | {
      readonly type: 'term-vote';
      readonly termVote: TermVote;
      readonly justification: readonly (PreVote | HandOver | Yield)[];
    }
  | { readonly type: 'hand-over'; readonly handOver: HandOver }
  | { readonly type: 'yield'; readonly yield: Yield }
  /** A new entry; the proof rides in a `term-start` entry's payload. */
  | { readonly type: 'propose'; readonly entry: Entry }
  | { readonly type: 'vote'; readonly vote: Vote }
  | { readonly type: 'certificate'; readonly certificate: CommitCertificate }
  /** Ask for entries from..to of the chain that ends in `tip`. */
  | {
      readonly type: 'fetch';
      readonly from: LogIndex;
      readonly to: LogIndex;
      readonly tip: EntryId | null;
    }
  /** Consecutive entries, with the highest certificate known that covers the last of them or a later entry. */
  | {
      readonly type: 'entries';
      readonly entries: readonly Entry[];
      readonly certificate: CommitCertificate | null;
      readonly proof: LeaderProof | null;
    };
