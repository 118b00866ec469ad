/**
 * Accepting and voting. Rules *vote*, *proof* (binding), *durability*: the first entry of a term is its term-start, directly on
 * the anchor, and the only one for ever; the vote is on disk with its entry before it is sent.
 */
import type { CoreContext, Done } from './context.ts';
import { persist, putBinding, putEntry, putTerm, putVote } from './durability.ts';
import type { Entry } from './entry.ts';
import { lockOnAwaited } from './preparing.ts';
import { openMembership } from './recertifying.ts';
import type { Vote } from './statements.ts';
import type { LogIndex } from './types.ts';

/** Proposals held above the log's tip: all a leader has in flight, and its uncommitted anchor. */
export function incomingWindow(context: CoreContext): number {
  return 2 * context.options.limits.maxInFlight + 8;
}

/** Rule *vote*: whether a proposal of the present leader can be the next entry. */
export function isAcceptable(context: CoreContext, entry: Entry): boolean {
  const { leadership, log, term } = context;
  if (leadership === null || leadership.term !== term || entry.term !== term) return false;
  if (entry.epoch !== context.epoch || entry.proposer !== leadership.leader) return false;
  if (entry.index !== log.tip.index + 1 || entry.parentHash !== log.tip.hash) return false;
  if (entry.timestamp < log.tip.timestamp || votedOtherwise(context, entry)) return false;
  // Rule *membership*: not even a term-start follows an uncommitted one.
  if (openMembership(context) !== null) return false;
  if (log.tip.term === term)
    return entry.kind !== 'term-start' && isBoundTo(context, leadership.termStart);
  return (
    entry.kind === 'term-start' &&
    entry.hash === leadership.termStart?.hash &&
    isFree(context, entry)
  );
}

/**
 * Rule *vote*: another entry has this node's vote at this place. In BFT a liar can bring that about, with a second chain of its
 * term that a certificate put in the place of the first: such a node follows by certificates.
 */
function votedOtherwise(context: CoreContext, entry: Entry): boolean {
  const known = context.ownVotes.get(entry.index);
  if (known === undefined || known.term < entry.term) return false;
  return known.term !== entry.term || known.hash !== entry.hash;
}

/** Whether this node may still vote for a term-start of its term. Rule *proof*. */
function isFree(context: CoreContext, termStart: Entry): boolean {
  const { binding } = context;
  if (binding === null || binding.term < termStart.term) return true;
  return binding.term === termStart.term && binding.termStart.hash === termStart.hash;
}

/** Votes above the term-start bind to it too, at a node that fetched it certified without voting for it. */
function isBoundTo(context: CoreContext, termStart: Entry | null): boolean {
  return termStart !== null && isFree(context, termStart);
}

/** The application accepted a proposal: store it, and vote if this node has a vote. */
export function acceptEntry(context: CoreContext, entry: Entry): Done {
  if (!isAcceptable(context, entry)) return;
  context.incoming.delete(entry.index);
  storeWithVote(context, entry, entry.proposer === context.self);
}

/**
 * One transaction: entry, vote, and the binding if it is the term-start. The proposal (at the leader) and the vote leave once
 * it is synced.
 */
export function storeWithVote(context: CoreContext, entry: Entry, isOwn: boolean): Done {
  const { log } = context;
  const id = { index: entry.index, hash: entry.hash };
  if (!context.isValidator) return storeWithoutVote(context, entry);
  const vote = acceptanceOf(context, entry);
  if (vote === null) return context.ignore('voted-otherwise');
  log.append(entry);
  const operations = [...putEntry(entry), putVote(vote)];
  const termStart = context.leadership?.termStart ?? entry;
  if (context.binding?.term !== entry.term) {
    const { index, hash } = termStart;
    context.binding = { epoch: entry.epoch, term: entry.term, termStart: { index, hash } };
    operations.push(putBinding(context.binding), putTerm(context));
  }
  if (isOwn && entry.kind === 'term-start' && context.leading !== null) {
    context.leading.termStartVote = vote;
  }
  context.ownVotes.set(vote.index, vote);
  context.syncedVotes.delete(vote.index);
  persist(context, operations, [
    { type: 'synced', id },
    ...(isOwn ? [{ type: 'propose', entry } as const] : []),
    { type: 'vote', vote },
  ]);
  context.event({ type: 'log', entry });
  context.changed = true;
  lockOnAwaited(context, entry);
}

/** An observer's part. */
function storeWithoutVote(context: CoreContext, entry: Entry): Done {
  const id = { index: entry.index, hash: entry.hash };
  context.log.append(entry);
  persist(context, putEntry(entry), [{ type: 'synced', id }]);
  context.event({ type: 'log', entry });
  context.changed = true;
  lockOnAwaited(context, entry);
}

/** Rule *vote*: once per (term, index); a stored vote is used again as it is. Null when another entry has it. */
export function acceptanceOf(
  context: CoreContext,
  { term, index, hash }: Pick<Entry, 'term' | 'index' | 'hash'>,
): Vote | null {
  const known = context.ownVotes.get(index);
  if (known !== undefined && known.term >= term) {
    return known.term === term && known.hash === hash ? known : null;
  }
  return context.signer.sign<Vote>({
    type: 'vote',
    phase: context.crashModel === 'CFT' ? 'commit' : 'prepare',
    epoch: context.epoch,
    term,
    index,
    hash,
    voter: context.self,
  });
}

/** A vote is durable: it goes to its leader, unless a later promise came first (the lock in it covers the entry). */
export function onVoteSynced(context: CoreContext, vote: Vote): Done {
  const { commitVotes, syncedCommitVotes } = context.preparation;
  if (context.ownVotes.get(vote.index) === vote) context.syncedVotes.add(vote.index);
  if (vote.epoch !== context.epoch) return;
  if (commitVotes.get(vote.index) === vote) syncedCommitVotes.add(vote.index);
  if (vote.term !== context.term || context.leadership === null) return;
  context.send(context.leadership.leader, { type: 'vote', vote });
}

/** Stored votes above what the leader knows as committed are sent again: they may have been lost. */
export function repeatVotes(context: CoreContext, above: LogIndex): Done {
  const { log, leadership, term } = context;
  if (leadership === null) return;
  const from = Math.max(above, log.committed.index) + 1;
  const to = Math.min(log.syncedIndex, from + incomingWindow(context));
  for (let index = from; index <= to; index += 1) {
    const vote = context.ownVotes.get(index);
    if (vote?.term !== term || vote.hash !== log.get(index)?.hash) continue;
    if (context.syncedVotes.has(index)) context.send(leadership.leader, { type: 'vote', vote });
  }
}
