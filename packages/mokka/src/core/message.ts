import type { Certificate, CommitCertificate, LeaderProof } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { Evidence } from './evidence.ts';
import type { Member } from './members.ts';
import type { SnapshotMessage } from './snapshot-exchange.ts';
import type { HandOver, Lock, PreVote, Readiness, TermVote, Vote, Yield } from './statements.ts';
import type { EntryId, Epoch, LogIndex, Term } from './types.ts';

/** What nodes say to each other on the consensus channel. */
export type Message =
  | SnapshotMessage
  /** Leader to all: alive, and how far it is. Resets election timers. */
  | {
      readonly type: 'heartbeat';
      readonly epoch: Epoch;
      readonly term: Term;
      readonly last: EntryId;
      readonly committed: EntryId;
    }
  /**
   * Answer to a heartbeat of `term`: whether the follower has verified that term's proof (if not, the leader sends its
   * `term-start` again), the last entry it stored, and what it knows as committed.
   */
  | {
      readonly type: 'heartbeat-ack';
      readonly epoch: Epoch;
      readonly term: Term;
      readonly following: boolean;
      readonly last: EntryId;
      readonly committed: EntryId;
    }
  /**
   * The sender's own pre-vote, and those it heard directly from others within the last election timeout. Receivers count
   * relayed ones but do not relay them again, so that none circulates past its lifetime. Rule *pre-vote*.
   */
  | {
      readonly type: 'pre-vote';
      readonly preVote: PreVote;
      readonly relayed: readonly (PreVote | Yield)[];
    }
  /** The sender hears its leader of `term` again: its pre-vote is void. Rule *pre-vote*. */
  | { readonly type: 'leader-alive'; readonly term: Term }
  /**
   * The statement, possibly relayed, and what justified it: a quorum of statements that count for its term, f+1 term
   * votes, or the hand-over. Rule *promise*.
   */
  | {
      readonly type: 'term-vote';
      readonly termVote: TermVote;
      readonly justification: readonly Justification[];
      /** BFT: the certificate of either phase that the lock rests on; absent at the root. Rule *lock*. */
      readonly lockCertificate?: Certificate;
    }
  | { readonly type: 'hand-over'; readonly handOver: HandOver }
  | { readonly type: 'yield'; readonly yield: Yield }
  /**
   * A new entry; the proof rides in a `term-start` entry's payload. In BFT it comes with the proposer's own prepare vote,
   * so that two proposals for one place convict their proposer.
   */
  | { readonly type: 'propose'; readonly entry: Entry; readonly vote?: Vote }
  | { readonly type: 'vote'; readonly vote: Vote }
  /** Of either phase. Rules *vote*, *commit*. */
  | { readonly type: 'certificate'; readonly certificate: Certificate }
  /** BFT: proof that a validator contradicted itself; passed on once by everyone who learns of it. */
  | { readonly type: 'evidence'; readonly evidence: Evidence }
  /** Ask a validator how far it is. Rule *read-index*. */
  | { readonly type: 'read-index'; readonly request: number }
  /** Answer to `read-index`: the sender's lock, taken after the question arrived. */
  | { readonly type: 'read-position'; readonly request: number; readonly lock: Lock }
  /** Ask for the entries from `from` on of the chain that ends in `tip`. `request` numbers the sender's requests. */
  | {
      readonly type: 'fetch';
      readonly request: number;
      readonly from: LogIndex;
      readonly tip: EntryId;
    }
  /**
   * Answer to a fetch: consecutive entries, fewer than asked for when they are large, none when the sender has
   * none; and the highest certificate known that names one of them. `lowest` is the first entry that the sender keeps, told
   * when it has pruned what was asked for.
   */
  | {
      readonly type: 'entries';
      readonly request: number;
      readonly entries: readonly Entry[];
      readonly certificate: CommitCertificate | null;
      readonly lowest?: LogIndex;
    }
  /** Leader whose anchor is an uncommitted membership entry: the proof, with the entry to certify again. Rule *membership*. */
  | { readonly type: 'recertify'; readonly proof: LeaderProof; readonly entry: Entry }
  /** To the leader: propose these members. `request` numbers the sender's requests. */
  | {
      readonly type: 'membership-request';
      readonly epoch: Epoch;
      readonly request: number;
      readonly members: readonly Member[];
    }
  /** The leader can not propose what was asked for. */
  | {
      readonly type: 'membership-refusal';
      readonly request: number;
      readonly code: MembershipRefusal;
    }
  /** The leader asks an observer that is to become a validator how far it is. */
  | { readonly type: 'readiness-request'; readonly epoch: Epoch }
  | { readonly type: 'readiness'; readonly readiness: Readiness };

/** Why a leader does not propose a membership change. */
export const MEMBERSHIP_REFUSALS = ['invalid', 'under-way', 'not-ready', 'not-approved'] as const;
export type MembershipRefusal = (typeof MEMBERSHIP_REFUSALS)[number];

/** What makes a term vote valid, one statement of it. Rule *promise*. */
export type Justification = PreVote | Yield | TermVote | HandOver;

export type TermVoteMessage = Extract<Message, { type: 'term-vote' }>;
