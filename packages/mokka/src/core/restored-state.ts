/** What a core starts from: everything durable that it needs in memory. Bounded by what is uncommitted. */
import type { Certificate, CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { EpochBeginning } from './epochs.ts';
import type { Evidence } from './evidence.ts';
import type { LogBase } from './log.ts';
import type { TermVoteMessage } from './message.ts';
import type { PrunedLog } from './pruning.ts';
import type { Vote } from './statements.ts';
import type { EntryId, Epoch, StateDigest, Term } from './types.ts';

/** The `term-start` a validator voted for in a term. Rule *proof*. */
export interface TermBinding {
  readonly epoch: Epoch;
  readonly term: Term;
  readonly termStart: EntryId;
}

/** Made by `restoreCore`. */
export interface RestoredState {
  /** The highest term this node promised, adopted or stored an entry of. */
  readonly term: Term;
  /** This node's last term vote with its signed bytes, or null. */
  readonly termVote: TermVoteMessage | null;
  /** The entry that the term vote locks on is no longer in the log. */
  readonly lockSuperseded: boolean;
  readonly binding: TermBinding | null;
  /** Every committed membership entry, oldest first. */
  readonly epochs: readonly EpochBeginning[];
  /** The committed entry. */
  readonly base: LogBase;
  /** Stored entries above the committed one. */
  readonly tail: readonly Entry[];
  /** This node's stored votes above the committed entry. */
  readonly votes: readonly Vote[];
  /** BFT: its stored commit votes there. */
  readonly commitVotes: readonly Vote[];
  /** BFT: the highest stored certificate whose entry is stored. Rule *lock*. */
  readonly lockCertificate: Certificate | null;
  /** BFT: the one in the lock's own record, whether or not its entry is still there. */
  readonly savedLockCertificate: Certificate | null;
  /** BFT: what this node knows of others' contradictions. */
  readonly evidence: readonly Evidence[];
  /** A certificate above the stored log, to be reached by fetching; or null. */
  readonly ahead: CommitCertificate | null;
  /** How far the log is deleted; absent when nothing is. */
  readonly pruned?: PrunedLog;
  /** What the application made durable. */
  readonly applied: EntryId;
  readonly stateDigest: StateDigest;
}
