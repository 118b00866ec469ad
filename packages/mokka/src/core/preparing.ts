/**
 * The first of the two phases of BFT. Rules *vote*, *lock*, *durability*: a quorum of prepare votes is a prepare certificate; who
 * has it and the entry with all its ancestors locks on it durably, and only then casts a commit vote, in the present term and for
 * exactly the entry it names.
 */
import type { Certificate } from './certificate.ts';
import type { CoreContext, Done, VoteTally } from './context.ts';
import { persist, putCommitVote } from './durability.ts';
import type { Entry } from './entry.ts';
import { currentLock } from './lock.ts';
import { noteVotesIn } from './misbehaviour.ts';
import { checkOwnVoteIn } from './own-key.ts';
import type { Vote } from './statements.ts';
import type { NodeId, Signature } from './types.ts';
import { compareLocks } from './verification.ts';

/** What a core knows of prepared entries; unused in CFT. */
export interface Preparation {
  /** The highest certificate whose entry and ancestors were stored; below the committed entry's it is without meaning. */
  certificate: Certificate | null;
  /** The one that is on disk, or on its way there. */
  saved: Certificate | null;
  /** When the lock was last raised by a vote; monotonic ms. */
  lockedAt: number;
  /** A verified prepare certificate of the present term whose entry is not stored yet. */
  awaited: Certificate | null;
  /** This node's commit votes above the committed entry. */
  readonly commitVotes: Map<number, Vote>;
  readonly syncedCommitVotes: Set<number>;
  /** Prepare votes for entries of the term this node leads. */
  readonly tallies: Map<number, VoteTally>;
}

/** A prepare certificate that arrived. One of an earlier term has no use: whoever locked on it reports it. */
export function onPrepareCertificate(context: CoreContext, shown: Certificate): Done {
  const { log, preparation } = context;
  if (context.crashModel === 'CFT') return context.ignore('other-phase');
  if (shown.epoch !== context.epoch) return context.ignore('other-epoch');
  if (shown.index <= log.committed.index) return context.ignore('already-committed');
  if (shown.term !== context.term) return context.ignore('prepared-in-another-term');
  if (isBelow(shown, preparation.certificate) || isBelow(shown, preparation.awaited)) {
    return context.ignore('certificate-known');
  }
  const certificate = context.certificates.verified(shown, context);
  if (certificate === null) return context.ignore('bad-certificate');
  noteVotesIn(context, certificate);
  checkOwnVoteIn(context, certificate);
  if (context.halted !== null) return;
  if (contradictsLock(context, certificate)) return;
  if (log.contains(certificate)) lockOn(context, certificate);
  else preparation.awaited = certificate;
}

/** Whether one of the same term for this place or a later one is known. */
function isBelow(shown: Certificate, known: Certificate | null): boolean {
  if (known === null || known.term !== shown.term) return false;
  return known.index > shown.index || (known.index === shown.index && known.hash === shown.hash);
}

/** Rule *lock*: two valid certificates for one place mean more than f faults. */
function contradictsLock(context: CoreContext, certificate: Certificate): boolean {
  const { lock } = currentLock(context);
  if (compareLocks(lock, certificate) !== 0 || lock.hash === certificate.hash) return false;
  context.halt(
    'conflicting-lock',
    `valid certificates of term ${certificate.term} name two entries at index ${certificate.index}`,
  );
  return true;
}

/** The log has grown by `entry`: its certificate may have come first. */
export function lockOnAwaited(context: CoreContext, entry: Entry): Done {
  const { awaited } = context.preparation;
  if (awaited?.hash !== entry.hash) return;
  context.preparation.awaited = null;
  lockOn(context, awaited);
}

/**
 * One transaction: the prepare certificate and the signed commit vote. The entry and its ancestors are on disk, or in writes that
 * come before this one. A lower one of the same term is passed over: the commit of the higher covers it.
 */
function lockOn(context: CoreContext, certificate: Certificate): Done {
  const { preparation, log } = context;
  if (!context.isValidator || certificate.term !== context.term) return;
  if (certificate.index <= log.committed.index) return;
  const { certificate: known } = preparation;
  if (known !== null && compareLocks(certificate, known) <= 0) return;
  const vote = commitVoteFor(context, certificate);
  if (vote === null) return context.ignore('voted-otherwise');
  preparation.certificate = certificate;
  preparation.lockedAt = context.now;
  preparation.commitVotes.set(vote.index, vote);
  preparation.syncedCommitVotes.delete(vote.index);
  persist(context, [putCommitVote(vote)], [{ type: 'vote', vote }]);
  context.changed = true;
}

/** Rule *vote*: once per (term, index); a stored vote is used again as it is. */
function commitVoteFor(context: CoreContext, { term, index, hash }: Certificate): Vote | null {
  const known = context.preparation.commitVotes.get(index);
  if (known !== undefined && known.term >= term) {
    return known.term === term && known.hash === hash ? known : null;
  }
  return context.signer.sign<Vote>({
    type: 'vote',
    phase: 'commit',
    epoch: context.epoch,
    term,
    index,
    hash,
    voter: context.self,
  });
}

/** Leader: counts a verified prepare vote, or the own one once it is durable. The caller has checked what it is for. */
export function countPrepareVote(context: CoreContext, vote: Vote): Done {
  const { preparation } = context;
  const { certificate: known } = preparation;
  // After a later promise a certificate would help nobody to vote.
  if (vote.term !== context.term) return;
  if (known?.term === vote.term && known.index >= vote.index) return;
  const tally = tallied(preparation.tallies, vote);
  if (tally.votes.size < context.quorum) return;
  const certificate = certificateOfTally(vote, tally);
  context.broadcast({ type: 'certificate', certificate });
  lockOn(context, certificate);
}

/** Adds a vote to the tally of its index; votes for another entry there are forgotten. */
export function tallied(tallies: Map<number, VoteTally>, vote: Vote): VoteTally {
  let tally = tallies.get(vote.index);
  if (tally === undefined || tally.hash !== vote.hash) {
    tally = { hash: vote.hash, votes: new Map<NodeId, Signature>() };
    tallies.set(vote.index, tally);
  }
  tally.votes.set(vote.voter, vote.signature);
  return tally;
}

/** The certificate that the tally of this vote makes. */
export function certificateOfTally(vote: Vote, tally: VoteTally): Certificate {
  const { phase, epoch, term, index, hash } = vote;
  const votes = [...tally.votes]
    .map(([voter, signature]) => ({ voter, signature }))
    .sort((left, right) => (left.voter < right.voter ? -1 : 1));
  return { phase, epoch, term, index, hash, votes };
}

/** Leader: a follower that has the entry and has not sent its commit vote may lack the certificate. */
export function repeatPrepareCertificate(
  context: CoreContext,
  to: NodeId,
  lastIndex: number,
): Done {
  const { certificate, lockedAt } = context.preparation;
  if (certificate === null || certificate.term !== context.term) return;
  if (certificate.phase !== 'prepare' || certificate.index <= context.log.committed.index) return;
  if (lastIndex < certificate.index || !context.validators.includes(to)) return;
  if (context.tallies.get(certificate.index)?.votes.has(to) === true) return;
  if (context.now - lockedAt < 2 * context.options.timing.heartbeatInterval) return;
  context.send(to, { type: 'certificate', certificate });
}

/** Follower: stored commit votes that the leader has not turned into a certificate are sent again. */
export function repeatCommitVotes(context: CoreContext, above: number): Done {
  const { preparation, leadership, term } = context;
  const { certificate } = preparation;
  if (leadership === null || certificate === null || certificate.index <= above) return;
  const vote = preparation.commitVotes.get(certificate.index);
  if (vote === undefined || vote.term !== term || vote.hash !== certificate.hash) return;
  if (!preparation.syncedCommitVotes.has(vote.index)) return;
  context.send(leadership.leader, { type: 'vote', vote });
}
