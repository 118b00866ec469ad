/**
 * The durable promise. Rules *promise*, *lock*, *durability*: a term vote reports the lock, carries what justified it, and is
 * on disk before it is sent; after it, nothing of an earlier term is proposed, voted for or adopted.
 */
import type { CoreContext, Done } from './context.ts';
import { persist, putTerm, putTermVote } from './durability.ts';
import { ownTermVoteIsOpen, repeatInterval, resetElectionTimer } from './election.ts';
import { dropIncoming } from './execution.ts';
import { countingStatements, isEnough } from './justification.ts';
import { certificateUnder, currentLock } from './lock.ts';
import type { Justification, TermVoteMessage } from './message.ts';
import { distrustsLeader, noteStatement, noteUnverified } from './misbehaviour.ts';
import { checkOwnTermVote } from './own-key.ts';
import type { HandOver, TermVote } from './statements.ts';
import type { NodeId, Term } from './types.ts';
import { isHandOverTo, MAX_JUSTIFICATION_PER_VALIDATOR } from './verification.ts';

/** Leaves whatever the node did in its present term. The caller has checked that `term` is higher. */
export function enterTerm(context: CoreContext, term: Term): Done {
  context.term = term;
  context.leading = null;
  context.leadership = null;
  context.candidacy = null;
  context.complaining = false;
  context.misbehaviour.refused = null;
  context.preparation.awaited = null;
  context.election.leaderHeardAt = null;
  context.election.preVote = null;
  for (const [sender, heard] of context.election.heard) {
    if (heard.statement.term + (heard.statement.type === 'yield' ? 1 : 0) <= term) {
      context.election.heard.delete(sender);
    }
  }
  dropIncoming(context);
  // What was refused may have been so for a passing reason: whoever leads the new term needs it.
  context.execution.refused = null;
  resetElectionTimer(context);
  context.changed = true;
}

/** Makes the promise for `term` and sends it once it is durable. */
export function startTerm(
  context: CoreContext,
  term: Term,
  justification: readonly Justification[],
): Done {
  const { lock, certificate } = currentLock(context);
  // Rule *promise*: only while the own term and the lock's are lower.
  if (!context.isValidator || term <= context.term || lock.term >= term) return;
  context.election.failedTerms += 1;
  enterTerm(context, term);
  const termVote = context.signer.sign<TermVote>({
    type: 'term-vote',
    epoch: context.epoch,
    term,
    lock,
    voter: context.self,
  });
  const message: TermVoteMessage = {
    type: 'term-vote',
    termVote,
    justification,
    ...(certificate === null ? {} : { lockCertificate: certificate }),
  };
  context.termVote = message;
  context.lockSuperseded = false;
  persist(context, [putTerm(context), putTermVote(message)], [{ type: 'term-vote', message }]);
}

/** The own term vote is durable. */
export function onTermVoteSynced(context: CoreContext, message: TermVoteMessage): Done {
  const { termVote } = message;
  if (termVote.epoch !== context.epoch) return;
  context.syncedTermVote = message;
  if (context.term !== termVote.term || context.leadership !== null) return;
  if (context.lockSuperseded) return;
  context.broadcast(message);
  const { election } = context;
  election.termVotes.set(context.self, termVote);
  if (message.lockCertificate !== undefined) {
    election.lockCertificates.set(context.self, message.lockCertificate);
  }
  election.repeatAt = context.now + repeatInterval(context);
  if (context.leaderOf(termVote.term) === context.self) {
    const { electionTimeout } = context.options.timing;
    context.candidacy = {
      term: termVote.term,
      fallbackAt: context.now + electionTimeout / 2,
      deadline: context.now + electionTimeout,
      target: null,
      holders: [],
    };
  }
  context.changed = true;
}

export function onTermVote(context: CoreContext, from: NodeId, message: TermVoteMessage): Done {
  const { termVote } = message;
  if (!context.validators.includes(termVote.voter)) return context.ignore('not-a-validator');
  if (termVote.epoch !== context.epoch) return context.ignore('other-epoch');
  if (termVote.lock.index < context.since) return context.ignore('lock-below-epoch');
  if (termVote.lock.term >= termVote.term) return context.ignore('lock-not-below-term');
  if (message.justification.length > MAX_JUSTIFICATION_PER_VALIDATOR * context.validators.length) {
    return context.ignore('too-many-statements');
  }
  if (termVote.voter === context.self) {
    if (context.signer.verify(termVote)) checkOwnTermVote(context, termVote);
    return;
  }
  if (termVote.term < context.term) return context.ignore('stale-term-vote');
  const { termVotes, termVotesHeardAt } = context.election;
  const known = termVotes.get(termVote.voter);
  const isNews = known === undefined || known.term < termVote.term;
  if (isNews) {
    if (!context.signer.verify(termVote)) return context.ignore('bad-signature');
    noteStatement(context, termVote);
    if (!takeLock(context, message)) return context.ignore('lock-without-certificate');
    termVotes.set(termVote.voter, termVote);
    termVotesHeardAt.set(termVote.voter, context.now);
    relay(context, from, message);
    context.changed = true;
  } else if (!isSameLock(known, termVote)) {
    return noteUnverified(context, termVote);
  } else if (known.term === termVote.term && from === termVote.voter) {
    termVotesHeardAt.set(termVote.voter, context.now);
  }
  if (termVote.term > context.term) join(context, termVote.term, message.justification);
}

function isSameLock({ lock: left }: TermVote, { lock: right }: TermVote): boolean {
  return left.term === right.term && left.index === right.index && left.hash === right.hash;
}

/** BFT: whether the lock is what it says; its certificate is kept for a proof. Rule *lock*. */
function takeLock(context: CoreContext, { termVote, lockCertificate }: TermVoteMessage): boolean {
  if (context.crashModel === 'CFT') return true;
  const certificate = certificateUnder(context, termVote, lockCertificate);
  if (certificate === null) return false;
  const { lockCertificates } = context.election;
  if (certificate === 'root') lockCertificates.delete(termVote.voter);
  else lockCertificates.set(termVote.voter, certificate);
  return true;
}

/** Rule *promise*: a justified term vote makes any node join; so do f+1 term votes. */
function join(context: CoreContext, term: Term, justification: readonly Justification[]): Done {
  const counting = countingStatements(
    term,
    context.term,
    justification,
    context,
    context.signer,
  ).filter((statement) => statement.type !== 'hand-over' || honoursHandOvers(context));
  if (isEnough(counting, context)) {
    startTerm(context, term, counting);
    return;
  }
  const promised = [...context.election.termVotes.values()]
    .filter((vote) => vote.voter !== context.self && vote.term > context.term)
    .sort((left, right) => right.term - left.term);
  const lowest = promised[context.faults];
  if (lowest !== undefined) {
    startTerm(context, lowest.term, promised.slice(0, context.faults + 1));
  }
}

/** Rule *pre-vote*: a term vote reaches the candidate through others too; once each. */
function relay(context: CoreContext, from: NodeId, heard: TermVoteMessage): Done {
  const candidate = context.leaderOf(heard.termVote.term);
  const { voter } = heard.termVote;
  if (candidate === context.self) return;
  const message = context.crashModel === 'CFT' ? heard : withoutPadding(context, heard);
  if (context.peers.get(candidate)?.connected === true) {
    if (candidate !== from && candidate !== voter) context.send(candidate, message);
    return;
  }
  for (const peer of context.peers.keys()) {
    if (peer !== from && peer !== voter) context.send(peer, message);
  }
}

/** What others are to carry on holds only what counts. */
function withoutPadding(context: CoreContext, message: TermVoteMessage): TermVoteMessage {
  const { termVote, justification } = message;
  const certificate = context.election.lockCertificates.get(termVote.voter);
  // Receivers can be in any earlier term; in the last of them every hand-over counts that counts anywhere.
  const ownTerm = (termVote.term - 1) as Term;
  return {
    type: 'term-vote',
    termVote,
    justification: countingStatements(
      termVote.term,
      ownTerm,
      justification,
      context,
      context.signer,
    ),
    ...(certificate === undefined ? {} : { lockCertificate: certificate }),
  };
}

/**
 * Rule *expiry* in BFT: who asks for another leader, or knows the present one to lie, does not let it choose its successor.
 */
function honoursHandOvers(context: CoreContext): boolean {
  if (context.crashModel === 'CFT') return true;
  return context.election.preVote === null && !context.complaining && !distrustsLeader(context);
}

/** Rule *expiry*: the leader of the own term gives its leadership to this node. */
export function onHandOver(context: CoreContext, handOver: HandOver): Done {
  if (context.leaderOf(handOver.toTerm) !== context.self) {
    return context.ignore('hand-over-to-another');
  }
  const isPresent = handOver.fromTerm === context.term;
  if (!isPresent || !isHandOverTo(handOver.toTerm, context.term, handOver, context)) {
    return context.ignore('stale-hand-over');
  }
  if (!honoursHandOvers(context)) return context.ignore('hand-over-of-unwanted-leader');
  if (!context.signer.verify(handOver)) return context.ignore('bad-signature');
  startTerm(context, handOver.toTerm, [handOver]);
}

/** At start: a term vote that may not have been heard is sent again, never signed anew. */
export function resumePromise(context: CoreContext): Done {
  if (ownTermVoteIsOpen(context)) context.election.repeatAt = context.now;
}
