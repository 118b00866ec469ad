/**
 * From a quorum of term votes to leadership. Rules *proof*, *yield*: one proof per term, fixed once its anchor's whole chain is
 * held, with as many votes as allow that.
 */
import type { Certificate, LeaderProof } from './certificate.ts';
import type { Candidacy, CoreContext, Done } from './context.ts';
import { resetElectionTimer } from './election.ts';
import { truncateLog } from './leadership.ts';
import { names } from './lock.ts';
import type { Lock, TermVote, Yield } from './statements.ts';
import { anchorOf, compareLocks } from './verification.ts';

/** Fixes the proof when it can, else names the chain to fetch. */
export function driveCandidacy(context: CoreContext): Done {
  const { candidacy } = context;
  if (candidacy === null) return;
  const votes = collectVotes(context, candidacy);
  if (votes.length < context.quorum || context.halted !== null) return;
  const held = longestHeld(context, votes);
  const preferAny = context.now >= candidacy.fallbackAt;
  if (held !== null && (held.length === votes.length || preferAny)) return fixProof(context, held);
  // The highest lock first; the lowest that still makes a quorum once that took too long.
  const wanted = preferAny ? votes[context.quorum - 1] : votes[votes.length - 1];
  if (wanted === undefined) return;
  candidacy.target = wanted.lock;
  candidacy.holders = votes
    .filter((vote) => compareLocks(vote.lock, wanted.lock) >= 0)
    .map((vote) => vote.voter);
}

/** Term votes for exactly this term, lowest lock first. */
function collectVotes(context: CoreContext, candidacy: Candidacy): TermVote[] {
  const votes = [...context.election.termVotes.values()]
    .filter((vote) => vote.term === candidacy.term)
    .sort((left, right) => compareLocks(left.lock, right.lock));
  for (let at = 1; at < votes.length; at += 1) {
    const [left, right] = [votes[at - 1]?.lock, votes[at]?.lock];
    if (left === undefined || right === undefined) continue;
    if (compareLocks(left, right) === 0 && left.hash !== right.hash) {
      context.halt(
        'conflicting-lock',
        `term votes for term ${candidacy.term} hold equal locks on different entries`,
      );
    }
  }
  return votes;
}

/** The longest run of votes, from the lowest lock on, whose highest lock is held; null when it is no quorum. */
function longestHeld(context: CoreContext, votes: readonly TermVote[]): readonly TermVote[] | null {
  for (let count = votes.length; count >= context.quorum; count -= 1) {
    const highest = votes[count - 1];
    if (highest !== undefined && context.log.contains(highest.lock)) return votes.slice(0, count);
  }
  return null;
}

/** Whether reaching this lock makes a quorum whose anchor it is. */
export function votesUpToTarget(context: CoreContext): readonly TermVote[] {
  const { candidacy } = context;
  const target = candidacy?.target ?? null;
  if (candidacy === null || target === null) return [];
  const votes = collectVotes(context, candidacy);
  return votes.filter((vote) => compareLocks(vote.lock, target) <= 0);
}

/** The proof is fixed for the term; it is written together with the term-start. */
export function fixProof(context: CoreContext, votes: readonly TermVote[]): Done {
  const anchor = anchorOf(votes);
  if (anchor === null || !context.log.contains(anchor)) return;
  if (anchor.index < context.log.committed.index) {
    return context.halt(
      'conflicting-lock',
      `a quorum of term votes for term ${context.term} does not cover committed entry ${context.log.committed.index}`,
    );
  }
  const sorted = [...votes].sort((left, right) => (left.voter < right.voter ? -1 : 1));
  const anchorCertificate = certificateOf(context, anchor);
  const proof: LeaderProof = {
    epoch: context.epoch,
    term: context.term,
    votes: sorted,
    ...(anchorCertificate === undefined ? {} : { anchorCertificate }),
  };
  context.leadership = {
    term: context.term,
    leader: context.self,
    proof,
    anchor: { index: anchor.index, hash: anchor.hash },
    termStart: null,
    adoptedAt: context.now,
  };
  context.candidacy = null;
  context.ledTerm = context.term;
  context.tallies.clear();
  context.preparation.tallies.clear();
  context.proposedAt.clear();
  const { heartbeatInterval, proofExpiration } = context.options.timing;
  context.leading = {
    since: context.now,
    pending: true,
    announced: false,
    heartbeatAt: context.now + heartbeatInterval,
    transfer: null,
    termStartVote: null,
    refusedOwn: false,
    handOverAt: context.now + proofExpiration * HAND_OVER_AGE,
  };
  for (const peer of context.peers.values()) peer.followedAt = context.now;
  context.election.deadline = Number.POSITIVE_INFINITY;
  context.election.repeatAt = Number.POSITIVE_INFINITY;
  context.election.preVote = null;
  truncateLog(context, anchor, anchorCertificate);
  context.lastProgressAt = context.now;
  context.changed = true;
}

/** BFT: the certificate that came with the lock, if it is not the root. */
export function certificateOf(context: CoreContext, lock: Lock): Certificate | undefined {
  for (const certificate of context.election.lockCertificates.values()) {
    if (names(certificate, lock)) return certificate;
  }
  return undefined;
}

/** Part of a proof's life after which its leader hands over. */
const HAND_OVER_AGE = 0.8;

/** Rule *yield*: a candidate that can not obtain its anchor in time gives its term up. */
export function yieldTerm(context: CoreContext): Done {
  const { candidacy } = context;
  if (candidacy === null) return;
  const statement = context.signer.sign<Yield>({
    type: 'yield',
    epoch: context.epoch,
    term: candidacy.term,
    sender: context.self,
  });
  context.candidacy = null;
  context.election.yielded = candidacy.term;
  context.broadcast({ type: 'yield', yield: statement });
  resetElectionTimer(context);
  context.election.deadline = context.now;
  context.changed = true;
}
