/**
 * When a node asks for another leader, and when enough of them ask. Rules *pre-vote*, *yield*, *timeouts*, *progress*.
 *
 * A pre-vote promises nothing and is never stored. It is repeated while no leader is heard, dies with its lifetime at its
 * receivers, and is withdrawn as soon as its sender hears its leader again.
 */
import type { CoreContext, Done, HeardPreVote } from './context.ts';
import { tellEveryone } from './epoch-change.ts';
import type { Justification, Message } from './message.ts';
import { distrustsLeader } from './misbehaviour.ts';
import { startTerm } from './promise.ts';
import type { PreVote, Yield } from './statements.ts';
import type { NodeId, Term } from './types.ts';
import { countsUpTo } from './verification.ts';

/**
 * How far above the own term a pre-vote is believed, in terms: weeks of failed elections. Whoever lags more is brought up by
 * proofs and certificates. Without a bound one statement could lead a cluster to the last term there is.
 */
const MAX_TERM_LEAD = 1_000_000;

/** Rule *timeouts*: jittered, doubled with each failed term up to a cap. */
export function electionTimeout(context: CoreContext): number {
  const { electionTimeout: base, electionJitter, electionTimeoutMax } = context.options.timing;
  const growth = 2 ** Math.min(context.election.failedTerms, 16);
  const grown = Math.max(base, Math.min(base * growth, electionTimeoutMax));
  return grown + Math.floor(context.random.next() * electionJitter);
}

export function resetElectionTimer(context: CoreContext): Done {
  context.election.deadline = context.now + electionTimeout(context);
}

/** How often statements of an open election are sent again: three times within their lifetime. */
export function repeatInterval(context: CoreContext): number {
  return Math.max(1, Math.floor(context.options.timing.electionTimeout / 3));
}

/** The election timer ran out: no live leader. */
export function onElectionTimeout(context: CoreContext): Done {
  const { election } = context;
  if (!context.isValidator) return askAsObserver(context);
  election.deadline = Number.POSITIVE_INFINITY;
  election.leaderHeardAt = null;
  context.event({ type: 'heartbeat_timeout', term: context.term });
  sendPreVote(context);
}

/** Whoever is ahead answers, and may be in an epoch that has this node for a validator. */
function askAsObserver(context: CoreContext): Done {
  const { election, options } = context;
  const { leaderHeardAt } = election;
  const isMissed =
    context.crashModel === 'CFT' ||
    context.now - (leaderHeardAt ?? 0) >= options.timing.electionTimeout;
  if (leaderHeardAt !== null && isMissed) {
    election.leaderHeardAt = null;
    context.event({ type: 'heartbeat_timeout', term: context.term });
  }
  tellEveryone(context);
  resetElectionTimer(context);
}

/** Something of an open election is due to be sent again. */
export function repeatElection(context: CoreContext): Done {
  const { election } = context;
  const stranded = ownTermVoteIsOpen(context);
  if (election.preVote !== null) sendPreVote(context);
  if (stranded && context.syncedTermVote !== null) context.broadcast(context.syncedTermVote);
  election.repeatAt =
    election.preVote !== null || stranded
      ? context.now + repeatInterval(context)
      : Number.POSITIVE_INFINITY;
}

/** A term vote was sent for the own term and nobody leads it yet: it may have been lost. Rule *promise*. */
export function ownTermVoteIsOpen(context: CoreContext): boolean {
  if (context.leadership !== null || context.lockSuperseded) return false;
  return context.syncedTermVote?.termVote.term === context.term;
}

function sendPreVote(context: CoreContext): Done {
  const { election } = context;
  const term = termToAskFor(context);
  if (election.preVote?.term !== term) {
    election.preVote = context.signer.sign<PreVote>({
      type: 'pre-vote',
      epoch: context.epoch,
      term,
      sender: context.self,
    });
    context.changed = true;
  }
  const relayed: (PreVote | Yield)[] = [];
  for (const heard of election.heard.values()) {
    if (heard.direct && heard.expiresAt > context.now) relayed.push(heard.statement);
  }
  context.broadcast({ type: 'pre-vote', preVote: election.preVote, relayed });
  election.repeatAt = context.now + repeatInterval(context);
}

/**
 * Just above the own term, or a few above, past leaders known to be disconnected; or what others ask for if that is more,
 * so that nodes which skip different leaders come together.
 */
function termToAskFor(context: CoreContext): Term {
  const first = context.term + 1;
  let term = first;
  for (let at = first; at < first + context.validators.length; at += 1) {
    const leader = context.leaderOf(at as Term);
    const mayLead = leader === context.self ? context.election.yielded < at : false;
    if (mayLead || context.peers.get(leader)?.connected === true) {
      term = at;
      break;
    }
  }
  const asked: number[] = [];
  for (const heard of context.election.heard.values()) {
    if (heard.expiresAt > context.now) asked.push(countsUpTo(heard.statement));
  }
  // BFT: what f liars ask for is not followed, or they would drive the terms up.
  const place = context.crashModel === 'CFT' ? 0 : context.faults;
  const heard = asked.sort((left, right) => right - left)[place] ?? 0;
  return Math.max(term, heard) as Term;
}

/** The leader of the own term was heard. Rule *progress* and Rule *expiry* decide whether that counts. */
export function onLeaderHeard(context: CoreContext): Done {
  const { election } = context;
  election.leaderHeardAt = context.now;
  // BFT: a lying leader could lull an observer with heartbeats alone, so its timer runs on and it asks the others too.
  if (context.isValidator || context.crashModel === 'CFT') resetElectionTimer(context);
  if (election.preVote === null) return;
  election.preVote = null;
  election.repeatAt = Number.POSITIVE_INFINITY;
  context.broadcast({ type: 'leader-alive', term: context.term });
}

export function onPreVote(
  context: CoreContext,
  from: NodeId,
  message: Extract<Message, { type: 'pre-vote' }>,
): Done {
  const { preVote, relayed } = message;
  if (preVote.sender !== from) return context.ignore('pre-vote-of-another');
  const { certificate } = context.log;
  // A node that only its leader can not reach follows what is committed through the others.
  if (certificate !== null && context.liveLeader !== null) {
    context.send(from, { type: 'certificate', certificate });
  }
  notePreVote(context, preVote, true);
  if (relayed.length > context.validators.length) return context.ignore('too-many-relayed');
  for (const statement of relayed) notePreVote(context, statement, false);
}

export function onLeaderAlive(context: CoreContext, from: NodeId): Done {
  context.election.heard.delete(from);
}

/** Rule *yield*: counts as a pre-vote for the next term, and others time out at once. */
export function onYield(context: CoreContext, from: NodeId, statement: Yield): Done {
  if (statement.sender !== from) return context.ignore('yield-of-another');
  if (!notePreVote(context, statement, true)) return;
  if (statement.term === context.term && context.leadership === null && context.isValidator) {
    context.election.deadline = Math.min(context.election.deadline, context.now);
  }
}

/** Remembers a pre-vote for its lifetime; false when it was ignored. */
function notePreVote(context: CoreContext, statement: PreVote | Yield, direct: boolean): boolean {
  const { heard } = context.election;
  const { sender } = statement;
  if (sender === context.self) return false;
  const known = heard.get(sender);
  const ignored = reasonToIgnore(context, statement, direct ? undefined : known);
  if (ignored !== null) {
    context.ignore(ignored);
    return false;
  }
  const repeated =
    known?.statement.type === statement.type &&
    known.statement.term === statement.term &&
    Buffer.compare(known.statement.signature, statement.signature) === 0;
  if (!repeated && !context.signer.verify(statement)) {
    context.ignore('bad-signature');
    return false;
  }
  const { electionTimeout: lifetime } = context.options.timing;
  const note: HeardPreVote = { statement, expiresAt: context.now + lifetime, direct };
  heard.set(sender, note);
  context.changed = true;
  return true;
}

function reasonToIgnore(
  context: CoreContext,
  statement: PreVote | Yield,
  directlyHeard: HeardPreVote | undefined,
): string | null {
  if (!context.validators.includes(statement.sender)) return 'not-a-validator';
  if (statement.epoch !== context.epoch) return 'other-epoch';
  if (countsUpTo(statement) <= context.term) return 'stale-pre-vote';
  if (countsUpTo(statement) > context.term + MAX_TERM_LEAD) return 'pre-vote-far-ahead';
  if (statement.type === 'yield' && context.leaderOf(statement.term) !== statement.sender) {
    return 'yield-of-another';
  }
  if (directlyHeard?.direct === true && directlyHeard.expiresAt > context.now) {
    return 'relayed-but-known';
  }
  return null;
}

/** Rule *pre-vote*: a quorum that asks for terms >= T starts T. */
export function considerElection(context: CoreContext): Done {
  if (!context.isValidator) return;
  askWithOthers(context);
  const statements = liveStatements(context);
  const terms = statements.map(countsUpTo).sort((left, right) => right - left);
  const term = terms[context.quorum - 1];
  if (term === undefined || term <= context.term) return;
  const justification = statements.filter((statement) => countsUpTo(statement) >= term);
  startTerm(context, term, justification.slice(0, context.quorum));
}

/**
 * BFT: f+1 nodes that ask for another leader can not all be liars: who has no live leader either, or does not trust it, asks at
 * once. A live leader is stronger: else f liars and a node that hears badly would unseat it.
 */
function askWithOthers(context: CoreContext): Done {
  const { election } = context;
  if (context.crashModel === 'CFT' || election.preVote !== null) return;
  if (context.leading !== null || context.candidacy !== null) return;
  const isLed = election.leaderHeardAt !== null;
  if (isLed && !context.complaining && !distrustsLeader(context)) return;
  const asking = liveStatements(context).filter(
    (statement) => countsUpTo(statement) > context.term,
  );
  if (asking.length <= context.faults) return;
  election.deadline = Number.POSITIVE_INFINITY;
  sendPreVote(context);
}

/** The strongest statement of each validator. */
function liveStatements(context: CoreContext): Exclude<Justification, { type: 'hand-over' }>[] {
  const { election } = context;
  const statements: Exclude<Justification, { type: 'hand-over' }>[] = [];
  if (election.preVote !== null) statements.push(election.preVote);
  for (const id of context.otherValidators()) {
    const heard = election.heard.get(id);
    const preVote = heard !== undefined && heard.expiresAt > context.now ? heard.statement : null;
    const heardAt = election.termVotesHeardAt.get(id) ?? Number.NEGATIVE_INFINITY;
    const isRecent = heardAt + context.options.timing.electionTimeout > context.now;
    const termVote = isRecent ? (election.termVotes.get(id) ?? null) : null;
    if (termVote !== null && (preVote === null || termVote.term >= countsUpTo(preVote))) {
      statements.push(termVote);
    } else if (preVote !== null) {
      statements.push(preVote);
    }
  }
  return statements;
}
