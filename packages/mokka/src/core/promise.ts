/**
 * The durable promise. Rules *promise*, *lock*, *durability*: a term vote reports the lock, carries what justified it, and is
 * on disk before it is sent; after it, nothing of an earlier term is proposed, voted for or adopted.
 */
import type { CoreContext, Done } from './context.ts';
import { persist, putTerm, putTermVote } from './durability.ts';
import { ownTermVoteIsOpen, repeatInterval, resetElectionTimer } from './election.ts';
import { dropIncoming } from './execution.ts';
import type { Justification, TermVoteMessage } from './message.ts';
import { checkOwnTermVote } from './own-key.ts';
import { lockOf } from './recertifying.ts';
import type { HandOver, TermVote } from './statements.ts';
import type { NodeId, Term } from './types.ts';
import { isHandOverTo, isJustified, MAX_JUSTIFICATION_PER_VALIDATOR } from './verification.ts';

/** Leaves whatever the node did in its present term. The caller has checked that `term` is higher. */
export function enterTerm(context: CoreContext, term: Term): Done {
  context.term = term;
  context.leading = null;
  context.leadership = null;
  context.candidacy = null;
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
  const lock = lockOf(context);
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
  const message: TermVoteMessage = { type: 'term-vote', termVote, justification };
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
    termVotes.set(termVote.voter, termVote);
    termVotesHeardAt.set(termVote.voter, context.now);
    relay(context, from, message);
    context.changed = true;
  } else if (known.term === termVote.term && from === termVote.voter) {
    termVotesHeardAt.set(termVote.voter, context.now);
  }
  if (termVote.term > context.term) join(context, termVote.term, message.justification);
}

/** Rule *promise*: a justified term vote makes any node join; so do f+1 term votes. */
function join(context: CoreContext, term: Term, justification: readonly Justification[]): Done {
  if (isJustified(term, context.term, justification, context, context.signer)) {
    startTerm(context, term, justification);
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
function relay(context: CoreContext, from: NodeId, message: TermVoteMessage): Done {
  const candidate = context.leaderOf(message.termVote.term);
  const { voter } = message.termVote;
  if (candidate === context.self) return;
  if (context.peers.get(candidate)?.connected === true) {
    if (candidate !== from && candidate !== voter) context.send(candidate, message);
    return;
  }
  for (const peer of context.peers.keys()) {
    if (peer !== from && peer !== voter) context.send(peer, message);
  }
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
  if (!context.signer.verify(handOver)) return context.ignore('bad-signature');
  startTerm(context, handOver.toTerm, [handOver]);
}

/** At start: a term vote that may not have been heard is sent again, never signed anew. */
export function resumePromise(context: CoreContext): Done {
  if (ownTermVoteIsOpen(context)) context.election.repeatAt = context.now;
}
