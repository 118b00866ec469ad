/**
 * A term that begins with an uncommitted membership entry as its anchor. Rule *membership*: nothing may follow that entry before it
 * is committed, not even a term-start; so the leader sends its proof with the entry itself, and the old set certifies the
 * entry again in place, with votes of the new term. In CFT each such vote raises its voter's lock to (term, index of the entry);
 * in BFT these are prepare votes, and the certificate they make raises it.
 */
import type { LeaderProof } from './certificate.ts';
import type { CoreContext, Done } from './context.ts';
import { persist, putBinding, putTerm, putVote } from './durability.ts';
import { onLeaderHeard } from './election.ts';
import type { Entry } from './entry.ts';
import { truncateLog } from './leadership.ts';
import { currentLock } from './lock.ts';
import type { Message } from './message.ts';
import { noteStatement, noteVotesIn } from './misbehaviour.ts';
import { checkOwnTermVoteIn } from './own-key.ts';
import { enterTerm } from './promise.ts';
import type { NodeId } from './types.ts';
import { anchorOf, verifyLeaderProof } from './verification.ts';
import { acceptanceOf } from './voting.ts';

/** The entry that the present leader has certified again, if this node holds it; null in any other term. */
function entryToRecertify(context: CoreContext): Entry | null {
  const { leadership, log } = context;
  if (leadership === null || leadership.termStart !== null) return null;
  const entry = openMembership(context);
  if (entry === null || entry.hash !== leadership.anchor.hash) return null;
  return entry.index === log.tip.index && entry.term < leadership.term ? entry : null;
}

/** The uncommitted membership entry that the log ends in, or null. */
export function openMembership(context: CoreContext): Entry | null {
  const { log } = context;
  const last = log.tip.index > log.committed.index ? log.get(log.tip.index) : undefined;
  return last?.kind === 'membership' ? last : null;
}

/** Votes for the entry once more, when the application has accepted it. The leader's proof leaves with its vote. */
export function driveRecertifying(context: CoreContext): Done {
  const { execution, leadership, ownVotes, binding } = context;
  const entry = entryToRecertify(context);
  if (entry === null || leadership === null || !context.isValidator) return;
  if (execution.cursor.hash !== entry.hash) return;
  if ((ownVotes.get(entry.index)?.term ?? 0) >= context.term) return;
  if (binding?.term === context.term && binding.termStart.hash !== entry.hash) return;
  const { epoch, term } = context;
  const { index, hash } = entry;
  const vote = acceptanceOf(context, { term, index, hash });
  if (vote === null) return context.ignore('voted-otherwise');
  context.binding = { epoch, term, termStart: { index, hash } };
  ownVotes.set(index, vote);
  context.syncedVotes.delete(index);
  persist(
    context,
    [putVote(vote), putBinding(context.binding), putTerm(context)],
    [
      ...(context.leading === null ? [] : [{ type: 'propose', entry } as const]),
      { type: 'vote', vote },
    ],
  );
  context.changed = true;
}

/** Leader: the proof with the entry, to everyone or to one that lacks it; false in a term of another kind. */
export function sendRecertification(context: CoreContext, to: NodeId | null): boolean {
  const proof = context.leadership?.proof ?? null;
  const entry = entryToRecertify(context);
  if (context.leading === null || proof === null || entry === null) return false;
  const message = { type: 'recertify', proof, entry } as const;
  if (to === null) context.broadcast(message);
  else context.send(to, message);
  return true;
}

/** A leader whose anchor is an uncommitted membership entry. */
export function onRecertify(
  context: CoreContext,
  from: NodeId,
  { proof, entry }: Extract<Message, { type: 'recertify' }>,
): Done {
  const { leadership, binding, log } = context;
  if (proof.epoch !== context.epoch || entry.epoch !== context.epoch) {
    return context.ignore('other-epoch');
  }
  if (context.leaderOf(proof.term) !== from) return context.ignore('proposal-of-another');
  if (proof.term < context.term) return context.ignore('stale-proposal');
  if (entry.kind !== 'membership' || entry.term >= proof.term) {
    return context.ignore('bad-recertification');
  }
  if (entry.index <= log.committed.index) return context.ignore('already-committed');
  if (leadership?.term === proof.term) {
    const isKnown = leadership.termStart === null && leadership.anchor.hash === entry.hash;
    return context.ignore(isKnown ? 'proposal-known' : 'second-term-start');
  }
  const isBound = binding?.term === proof.term && binding.termStart.hash !== entry.hash;
  const { lock } = currentLock(context);
  const isLocked = lock.term === proof.term && lock.hash !== entry.hash;
  if (isBound || isLocked || log.tip.term === proof.term) {
    return context.ignore('second-term-start');
  }
  if (isAnchoredAt(context, proof, entry)) adopt(context, from, proof, entry);
}

function isAnchoredAt(context: CoreContext, proof: LeaderProof, entry: Entry): boolean {
  if (!verifyLeaderProof(proof, context, context.signer)) {
    context.ignore('bad-proof');
    return false;
  }
  for (const vote of proof.votes) noteStatement(context, vote);
  if (proof.anchorCertificate !== undefined) noteVotesIn(context, proof.anchorCertificate);
  checkOwnTermVoteIn(context, proof);
  if (context.halted !== null) return false;
  const anchor = anchorOf(proof.votes);
  if (anchor === null) {
    context.halt(
      'conflicting-lock',
      `the proof of term ${proof.term} holds equal locks on different entries`,
    );
    return false;
  }
  if (anchor.index === entry.index && anchor.hash === entry.hash) return true;
  context.ignore('term-start-off-anchor');
  return false;
}

function adopt(context: CoreContext, from: NodeId, proof: LeaderProof, entry: Entry): Done {
  const { log } = context;
  if (proof.term > context.term) enterTerm(context, proof.term);
  context.leadership = {
    term: proof.term,
    leader: from,
    proof,
    anchor: { index: entry.index, hash: entry.hash },
    termStart: null,
    adoptedAt: context.now,
  };
  context.candidacy = null;
  if (log.contains(entry)) truncateLog(context, entry, proof.anchorCertificate);
  context.lastProgressAt = context.now;
  onLeaderHeard(context);
  context.changed = true;
}
