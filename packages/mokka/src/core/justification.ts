/** What makes a node join a term. Rules *promise*, *pre-vote*, *yield*, *expiry*. */
import type { Justification } from './message.ts';
import { faultsTolerated, leaderOf, quorumSize } from './quorum.ts';
import type { StatementSigner } from './signing.ts';
import type { NodeId, Term } from './types.ts';
import {
  countsUpTo,
  isHandOverTo,
  MAX_JUSTIFICATION_PER_VALIDATOR,
  type ValidatorSet,
} from './verification.ts';

/**
 * The statements that count for a node of `ownTerm` towards `term`: validly signed by validators, each of a sender once of its kind.
 * Only these are stored and passed on, so that nobody can make others carry what is worth nothing.
 */
export function countingStatements(
  term: Term,
  ownTerm: Term,
  justification: readonly Justification[],
  set: ValidatorSet,
  signer: StatementSigner,
): Justification[] {
  if (justification.length > MAX_JUSTIFICATION_PER_VALIDATOR * set.validators.length) return [];
  const seen = new Set<string>();
  return justification.filter((statement) => {
    if (statement.epoch !== set.epoch) return false;
    const kind = `${statement.type}/${senderOf(statement)}`;
    if (seen.has(kind) || !counts(term, ownTerm, statement, set)) return false;
    if (!signer.verify(statement)) return false;
    seen.add(kind);
    return true;
  });
}

function counts(term: Term, ownTerm: Term, statement: Justification, set: ValidatorSet): boolean {
  if (statement.type === 'hand-over') return isHandOverTo(term, ownTerm, statement, set);
  if (countsUpTo(statement) < term || !set.validators.includes(senderOf(statement))) return false;
  return (
    statement.type !== 'yield' || leaderOf(set.validators, statement.term) === statement.sender
  );
}

function senderOf(statement: Justification): NodeId {
  if (statement.type === 'hand-over') return statement.leader;
  return statement.type === 'term-vote' ? statement.voter : statement.sender;
}

/** Rule *promise*: a quorum of statements that count, f+1 term votes among them, or a hand-over. */
export function isEnough(counting: readonly Justification[], set: ValidatorSet): boolean {
  const supporters = new Set<NodeId>();
  const promised = new Set<NodeId>();
  for (const statement of counting) {
    if (statement.type === 'hand-over') return true;
    supporters.add(senderOf(statement));
    if (statement.type === 'term-vote') promised.add(statement.voter);
  }
  const { crashModel, validators } = set;
  return (
    supporters.size >= quorumSize(crashModel, validators.length) ||
    promised.size > faultsTolerated(crashModel, validators.length)
  );
}
