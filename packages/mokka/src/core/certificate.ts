import type { TermVote, VotePhase } from './statements.ts';
import type { EntryHash, Epoch, LogIndex, NodeId, Signature, Term } from './types.ts';

/**
 * A quorum of votes of one phase, epoch, term and hash. Since entries name their parents, it covers every entry
 * before it too. Rule *commit*.
 *
 * Invariants, established by the decoder and `verifyCertificate`: voters are distinct validators of the epoch, sorted by id,
 * at least a quorum of them, each signature valid.
 */
export interface Certificate {
  readonly phase: VotePhase;
  readonly epoch: Epoch;
  readonly term: Term;
  readonly index: LogIndex;
  readonly hash: EntryHash;
  readonly votes: readonly { readonly voter: NodeId; readonly signature: Signature }[];
}

export interface CommitCertificate extends Certificate {
  readonly phase: 'commit';
}

export function isCommitCertificate(certificate: Certificate): certificate is CommitCertificate {
  return certificate.phase === 'commit';
}

/** A quorum of term votes of one epoch and term; elects the term's leader. Rule *proof*. */
export interface LeaderProof {
  readonly epoch: Epoch;
  readonly term: Term;
  /** Sorted by voter. */
  readonly votes: readonly TermVote[];
  /**
   * BFT: a certificate of the highest lock in `votes`, of either phase; absent where that is the root. The lower locks need
   * none: one that lies has no more power than an old one, since a quorum holds enough true ones. Rule *lock*.
   */
  readonly anchorCertificate?: Certificate;
}
