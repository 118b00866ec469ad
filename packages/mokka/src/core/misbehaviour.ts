/**
 * BFT: noticing that a validator lies, proving it, and no longer trusting it as a leader. Rules *signed*, *progress*.
 *
 * Whoever has two contradictory statements stores them and passes them on once. A leader that equivocated, or that proposed what
 * the own application refuses, is distrusted until its term ends: its heartbeats no longer count, so this node pre-votes. f liars
 * can not unseat a leader so, since that takes a quorum.
 */
import { encodeEvidence } from '../codec/evidence-codec.ts';
import type { Certificate } from './certificate.ts';
import type { CoreContext, Done } from './context.ts';
import { persist } from './durability.ts';
import type { Entry } from './entry.ts';
import {
  type Attributable,
  type Evidence,
  evidenceKey,
  offenderOf,
  termOf,
  verifyEvidence,
  votesIn,
} from './evidence.ts';
import { checkOwnTermVote, checkOwnVote } from './own-key.ts';
import { StatementMemory } from './statement-memory.ts';
import type { EntryId, NodeId, Term } from './types.ts';

/** Evidence kept in all; each validator can fill its own share only. */
const MAX_EVIDENCE = 1024;

export interface Misbehaviour {
  readonly statements: StatementMemory;
  /** By offender, kind and term, in the order of the table `evidence`. */
  readonly evidence: Map<string, Evidence>;
  /** A proposal of the present leader that the application refused. */
  refused: { readonly term: Term; readonly id: EntryId } | null;
}

export function misbehaviourFrom(stored: readonly Evidence[]): Misbehaviour {
  return {
    statements: new StatementMemory(),
    evidence: new Map(stored.map((evidence) => [evidenceKey(evidence), evidence])),
    refused: null,
  };
}

/** A statement of a peer whose signature was verified. */
export function noteStatement(context: CoreContext, statement: Attributable): Done {
  if (context.crashModel === 'CFT' || statement.voter === context.self) return;
  const { statements } = context.misbehaviour;
  const evidence = statements.compare(statement);
  if (evidence === null) statements.note(statement);
  else record(context, evidence);
}

/** The votes of a verified certificate. */
export function noteVotesIn(context: CoreContext, certificate: Certificate): Done {
  if (context.crashModel === 'CFT') return;
  for (const vote of votesIn(certificate)) noteStatement(context, vote);
}

/** A statement that is of no other use is verified only if it would convict its signer. */
export function noteUnverified(context: CoreContext, statement: Attributable): Done {
  if (context.crashModel === 'CFT') return;
  const isNews = context.misbehaviour.statements.compare(statement) !== null;
  if (isNews && context.signer.verify(statement)) noteStatement(context, statement);
}

/** Evidence that arrived. */
export function onEvidence(context: CoreContext, evidence: Evidence): Done {
  if (context.crashModel === 'CFT') return context.ignore('evidence-in-cft');
  if (context.misbehaviour.evidence.has(evidenceKey(evidence))) {
    return context.ignore('evidence-known');
  }
  // Rule *membership*: by the validators of its own epoch, however long ago that was.
  const set = context.epochs.of(evidence.first.epoch);
  if (set === null) return context.ignore('other-epoch');
  if (!verifyEvidence(evidence, set, context.signer)) return context.ignore('bad-evidence');
  if (offenderOf(evidence) !== context.self) return record(context, evidence);
  // Rule *own-key*: this node never signed both.
  for (const own of [evidence.first, evidence.second]) {
    if (own.type === 'vote') checkOwnVote(context, own);
    else checkOwnTermVote(context, own);
  }
}

/** Verified evidence: kept durably, told to the host, passed on once. */
function record(context: CoreContext, evidence: Evidence): Done {
  const known = context.misbehaviour.evidence;
  const key = evidenceKey(evidence);
  if (known.has(key)) return context.ignore('evidence-known');
  const offender = offenderOf(evidence);
  const share = Math.max(1, Math.floor(MAX_EVIDENCE / context.validators.length));
  let ofOffender = 0;
  for (const each of known.values()) if (offenderOf(each) === offender) ofOffender += 1;
  if (ofOffender >= share || known.size >= MAX_EVIDENCE) return context.ignore('evidence-full');
  const value = encodeEvidence(evidence);
  persist(context, [{ type: 'put', table: 'evidence', key: known.size + 1, value }], []);
  known.set(key, evidence);
  context.event({ type: 'evidence', offender, evidence });
  context.broadcast({ type: 'evidence', evidence });
  context.changed = true;
}

/** The application refused what the leader of this term proposed. */
export function noteRefusal(context: CoreContext, entry: Entry): Done {
  if (context.crashModel === 'CFT' || entry.proposer === context.self) return;
  if (entry.term !== context.term) return;
  const { index, hash } = entry;
  context.misbehaviour.refused = { term: entry.term, id: { index, hash } };
}

/** What was refused here and then committed was accepted by a quorum: the fault was not the leader's. */
export function forgiveCommitted(context: CoreContext): Done {
  const { misbehaviour, log } = context;
  const { refused } = misbehaviour;
  if (refused === null || refused.id.index > log.committed.index) return;
  if (log.contains(refused.id)) misbehaviour.refused = null;
}

/** Whether the leader of the present term is known to have lied in it. */
export function distrustsLeader(context: CoreContext): boolean {
  const { misbehaviour, term } = context;
  const leader = context.leaderOf(term);
  if (context.crashModel === 'CFT' || leader === context.self) return false;
  return misbehaviour.refused?.term === term || isConvicted(context, leader, term);
}

function isConvicted(context: CoreContext, leader: NodeId, term: Term): boolean {
  for (const evidence of context.misbehaviour.evidence.values()) {
    if (evidence.first.epoch !== context.epoch) continue;
    if (termOf(evidence) === term && offenderOf(evidence) === leader) return true;
  }
  return false;
}
