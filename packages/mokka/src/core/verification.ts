/**
 * Checks of what can be shown to third parties: commit certificates, leader proofs, justifications of term votes; and the
 * order of locks. Pure: everything needed is in the arguments, so clients can use them offline.
 */
import type { Certificate, LeaderProof } from './certificate.ts';
import type { Justification } from './message.ts';
import { leaderOf, quorumSize } from './quorum.ts';
import type { StatementSigner } from './signing.ts';
import type { Lock, TermVote } from './statements.ts';
import type { CrashModel, Epoch, NodeId, Term } from './types.ts';

/** The validator set that a statement is checked against. */
export interface ValidatorSet {
  readonly epoch: Epoch;
  readonly validators: readonly NodeId[];
  readonly crashModel: CrashModel;
  /** The lock that every node begins the epoch with: its membership entry, at the entry's own term; left out for genesis. */
  readonly root?: Lock | undefined;
}

/** Statements in a justification for each validator; a correct node sends at most one of each. */
export const MAX_JUSTIFICATION_PER_VALIDATOR = 3;

/** Rule *lock*: by term, then by index; never by the promised term. */
export function compareLocks(left: Lock, right: Lock): number {
  return left.term - right.term || left.index - right.index;
}

/** Rule *proof*: the anchor is the highest lock; null when two equal locks name different entries (more than f faults). */
export function anchorOf(votes: readonly TermVote[]): Lock | null {
  let anchor: Lock | null = null;
  for (const { lock } of votes) {
    if (anchor === null || compareLocks(lock, anchor) > 0) anchor = lock;
  }
  if (anchor === null) return null;
  const highest = anchor;
  const conflict = votes.some(
    ({ lock }) => compareLocks(lock, highest) === 0 && lock.hash !== highest.hash,
  );
  return conflict ? null : highest;
}

/** Rule *commit*: a quorum of valid votes of one phase, one epoch, one term and one hash. Only the phase `commit` commits. */
export function verifyCertificate(
  certificate: Certificate,
  set: ValidatorSet,
  signer: StatementSigner,
): boolean {
  const { epoch, term, index, hash, phase, votes } = certificate;
  if (epoch !== set.epoch || term === 0 || index <= startOf(set)) return false;
  if (!areQuorum(set, new Set(votes.map((vote) => vote.voter)), votes.length)) return false;
  return votes.every(({ voter, signature }) =>
    signer.verify({ type: 'vote', phase, epoch, term, index, hash, voter, signature }),
  );
}

/**
 * Rule *proof*: a quorum of valid term votes for exactly this term, each with a lock of a lower term. BFT: the highest lock, if it
 * is not the root, is certified.
 */
export function verifyLeaderProof(
  proof: LeaderProof,
  set: ValidatorSet,
  signer: StatementSigner,
): boolean {
  if (proof.epoch !== set.epoch || proof.term === 0) return false;
  const { votes } = proof;
  if (!areQuorum(set, new Set(votes.map((vote) => vote.voter)), votes.length)) return false;
  if (set.crashModel === 'BFT' && !isAnchorCertified(proof, set, signer)) return false;
  return votes.every(
    (vote) =>
      vote.term === proof.term &&
      vote.epoch === proof.epoch &&
      vote.lock.term < proof.term &&
      vote.lock.index >= startOf(set) &&
      signer.verify(vote),
  );
}

/**
 * Rule *lock*: a liar's lock must not become the anchor. Two equal highest locks on different entries can not both be certified, so
 * the proof that holds them is made up.
 */
function isAnchorCertified(
  proof: LeaderProof,
  set: ValidatorSet,
  signer: StatementSigner,
): boolean {
  const anchor = anchorOf(proof.votes);
  const { anchorCertificate: certificate } = proof;
  if (anchor === null) return false;
  if (anchor.index === startOf(set)) return certificate === undefined && isRoot(anchor, set);
  if (certificate === undefined || certificate.hash !== anchor.hash) return false;
  if (compareLocks(certificate, anchor) !== 0) return false;
  return verifyCertificate(certificate, set, signer);
}

/** Index of the entry that began the epoch. */
function startOf({ root }: ValidatorSet): number {
  return root?.index ?? 0;
}

/** Rule *membership*: all who are in the epoch have its first lock, so it needs no certificate. */
function isRoot(lock: Lock, { root }: ValidatorSet): boolean {
  return root === undefined ? lock.term === 0 : lock.term === root.term && lock.hash === root.hash;
}

/** The term up to which a statement counts towards starting a term. Rules *pre-vote*, *yield*. */
export function countsUpTo(statement: Exclude<Justification, { type: 'hand-over' }>): Term {
  return statement.type === 'yield' ? ((statement.term + 1) as Term) : statement.term;
}

/**
 * Rule *expiry*: HandOver(T -> T') stands for a pre-vote quorum for T' <= T+n. It makes its receiver start T' in term T only,
 * but whoever has started T' is joined from terms between, too: else it would be alone with its promise until they end.
 */
export function isHandOverTo(
  term: Term,
  ownTerm: Term,
  handOver: Extract<Justification, { type: 'hand-over' }>,
  set: ValidatorSet,
): boolean {
  return (
    handOver.epoch === set.epoch &&
    handOver.toTerm === term &&
    handOver.fromTerm <= ownTerm &&
    handOver.toTerm > ownTerm &&
    handOver.toTerm <= handOver.fromTerm + set.validators.length &&
    handOver.leader === leaderOf(set.validators, handOver.fromTerm) &&
    // Else one liar could lead from term to term without anybody asking for another.
    handOver.leader !== leaderOf(set.validators, handOver.toTerm)
  );
}

function areQuorum(set: ValidatorSet, voters: ReadonlySet<NodeId>, count: number): boolean {
  if (voters.size !== count) return false;
  for (const voter of voters) if (!set.validators.includes(voter)) return false;
  return voters.size >= quorumSize(set.crashModel, set.validators.length);
}
