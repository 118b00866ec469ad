/**
 * Evidence: two validly signed statements of one validator that contradict each other. It convicts without trust in whoever shows
 * it, so it can be handed to anyone who knows the epoch's validators.
 *
 * There are two kinds, since all others come down to them: who equivocates as a leader casts two prepare votes for one place
 * (a proposal carries its proposer's vote), and two certificates that conflict share signers who voted twice.
 */
import type { Certificate } from './certificate.ts';
import type { StatementSigner } from './signing.ts';
import type { TermVote, Vote } from './statements.ts';
import type { NodeId, Term } from './types.ts';
import type { ValidatorSet } from './verification.ts';

export type Evidence =
  /** Votes of one phase, epoch, term and index for different entries. Rule *vote*. */
  | { readonly kind: 'double-vote'; readonly first: Vote; readonly second: Vote }
  /** Term votes of one epoch and term with different locks. Rule *promise*. */
  | { readonly kind: 'double-term-vote'; readonly first: TermVote; readonly second: TermVote };

/** Statements that evidence is made of. */
export type Attributable = Vote | TermVote;

export function offenderOf(evidence: Evidence): NodeId {
  return evidence.first.voter;
}

export function termOf(evidence: Evidence): Term {
  return evidence.first.term;
}

/** One is kept for each of these. */
export function evidenceKey(evidence: Evidence): string {
  return `${offenderOf(evidence)}/${evidence.kind}/${evidence.first.epoch}/${termOf(evidence)}`;
}

/** The place at which a validator may say one thing only. */
export function placeOf(statement: Attributable): string {
  const { type, epoch, term } = statement;
  if (type === 'term-vote') return `${type}/${epoch}/${term}`;
  return `${type}/${statement.phase}/${epoch}/${term}/${statement.index}`;
}

/** What two statements of one place by one signer prove; null when they agree. Signatures are not checked here. */
export function contradiction(first: Attributable, second: Attributable): Evidence | null {
  if (first.voter !== second.voter || placeOf(first) !== placeOf(second)) return null;
  if (first.type === 'vote' && second.type === 'vote') {
    return first.hash === second.hash ? null : { kind: 'double-vote', first, second };
  }
  if (first.type === 'term-vote' && second.type === 'term-vote') {
    const [left, right] = [first.lock, second.lock];
    const same = left.term === right.term && left.index === right.index && left.hash === right.hash;
    return same ? null : { kind: 'double-term-vote', first, second };
  }
  return null;
}

/** Whether this convicts a validator of the set: both statements are its own, and they contradict each other. */
export function verifyEvidence(
  evidence: Evidence,
  set: ValidatorSet,
  signer: StatementSigner,
): boolean {
  const { first, second } = evidence;
  if (first.epoch !== set.epoch || !set.validators.includes(first.voter)) return false;
  if (contradiction(first, second)?.kind !== evidence.kind) return false;
  return signer.verify(first) && signer.verify(second);
}

/** The votes that a certificate is made of, as they were signed. */
export function votesIn(certificate: Certificate): Vote[] {
  const { phase, epoch, term, index, hash, votes } = certificate;
  return votes.map(({ voter, signature }) => ({
    type: 'vote',
    phase,
    epoch,
    term,
    index,
    hash,
    voter,
    signature,
  }));
}
