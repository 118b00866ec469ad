/**
 * Adopting a leader: its proof, its anchor, what must be dropped. Rules *proof*, *lock*, *promise*.
 *
 * A proof is adopted with the `term-start` entry that carries it, so that a node can bind to the one and only.
 */

import { DecodeError } from '../codec/decode-error.ts';
import { decodeTermStart } from '../codec/term-start-codec.ts';
import type { Certificate, LeaderProof } from './certificate.ts';
import type { CoreContext, Done } from './context.ts';
import { deleteEntriesFrom, forgetWritesAbove, persist, putTerm } from './durability.ts';
import { onLeaderHeard } from './election.ts';
import type { Entry } from './entry.ts';
import { dropIncoming, rollbackExecution } from './execution.ts';
import { currentLock, dropLockAbove, raiseLock } from './lock.ts';
import { noteStatement, noteVotesIn } from './misbehaviour.ts';
import { checkOwnTermVoteIn } from './own-key.ts';
import { enterTerm } from './promise.ts';
import { openMembership } from './recertifying.ts';
import type { EntryId } from './types.ts';
import { anchorOf, verifyLeaderProof } from './verification.ts';

/** A term-start from its leader. True when the node follows it from now on, or did before. */
export function adoptTermStart(context: CoreContext, entry: Entry): boolean {
  const { leadership } = context;
  if (leadership?.term === entry.term) {
    if (leadership.termStart?.hash === entry.hash) return true;
    context.ignore('second-term-start');
    return false;
  }
  const { binding } = context;
  if (binding?.term === entry.term && binding.termStart.hash !== entry.hash) {
    context.ignore('second-term-start');
    return false;
  }
  const proof = readProof(context, entry);
  if (proof === null) return false;
  const anchor = anchorOf(proof.votes);
  if (anchor === null) {
    context.halt(
      'conflicting-lock',
      `the proof of term ${proof.term} holds equal locks on different entries`,
    );
    return false;
  }
  if (entry.index !== anchor.index + 1 || entry.parentHash !== anchor.hash) {
    context.ignore('term-start-off-anchor');
    return false;
  }
  if (!isConsistent(context, entry, anchor)) return false;
  const { log } = context;
  // A term-start that is committed may be out of memory: then nothing is to be dropped.
  const isOpen = entry.index > log.committed.index && !log.contains(entry);
  // Rule *proof*: entries of the present term are never dropped for another proof of it.
  if (isOpen && (log.tip.term === entry.term || currentLock(context).lock.term === entry.term)) {
    context.ignore('second-term-start');
    return false;
  }
  if (isOpen && openMembership(context)?.hash === anchor.hash) {
    context.ignore('term-start-above-membership');
    return false;
  }
  if (entry.term > context.term) enterTerm(context, entry.term);
  context.leadership = {
    term: entry.term,
    leader: entry.proposer,
    proof,
    anchor: { index: anchor.index, hash: anchor.hash },
    termStart: entry,
    adoptedAt: context.now,
  };
  context.candidacy = null;
  if (isOpen && log.contains(anchor)) truncateLog(context, anchor, proof.anchorCertificate);
  context.lastProgressAt = context.now;
  onLeaderHeard(context);
  context.changed = true;
  return true;
}

function readProof(context: CoreContext, entry: Entry): LeaderProof | null {
  let proof: LeaderProof;
  try {
    proof = decodeTermStart(entry.payload).proof;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    context.ignore('bad-proof');
    return null;
  }
  const fits = proof.term === entry.term && proof.epoch === entry.epoch;
  if (!fits || !verifyLeaderProof(proof, context, context.signer)) {
    context.ignore('bad-proof');
    return null;
  }
  const { anchorCertificate } = proof;
  for (const vote of proof.votes) noteStatement(context, vote);
  if (anchorCertificate !== undefined) noteVotesIn(context, anchorCertificate);
  checkOwnTermVoteIn(context, proof);
  return context.halted === null ? proof : null;
}

/**
 * Rule *lock*: a valid proof whose anchor does not cover what is committed in an earlier term, or another term-start where
 * one is committed, means more than f faults.
 */
function isConsistent(context: CoreContext, entry: Entry, anchor: EntryId): boolean {
  const { log } = context;
  const { committed } = log;
  // After a restart the certificate of what is applied may still be ahead of the log.
  const certificate = log.certificate ?? context.ahead;
  if (certificate === null || log.contains(entry)) return true;
  if (certificate.epoch < entry.epoch || certificate.term < entry.term) {
    if (anchor.index > committed.index || anchor.hash === committed.hash) return true;
  } else if (certificate !== log.certificate) {
    return true;
  } else if (entry.index > committed.index) {
    context.ignore('term-start-above-its-term');
    return false;
  } else if (!log.conflicts(entry)) {
    // Committed and no longer in memory.
    return true;
  } else if (context.crashModel === 'BFT') {
    // One liar can start its term twice; that one of the two is committed convicts it, not more than f.
    context.ignore('second-term-start');
    return false;
  }
  context.halt(
    'conflicting-lock',
    `the proof of term ${entry.term} does not cover committed entry ${committed.index}`,
  );
  return false;
}

/** Drops uncommitted entries above `to` in memory, on disk and in the application. BFT: the lock becomes the anchor's. */
export function truncateLog(context: CoreContext, to: EntryId, anchor?: Certificate): void {
  if (context.log.tip.index <= to.index) {
    raiseLock(context, anchor);
    return;
  }
  dropAbove(context, to);
  raiseLock(context, anchor);
  persist(context, [...deleteEntriesFrom(to.index + 1), putTerm(context)], []);
  context.changed = true;
}

/** Drops uncommitted entries in memory and in the application; the caller's transaction drops them on disk. */
export function dropAbove(context: CoreContext, to: EntryId): Done {
  rollbackExecution(context, to);
  context.log.truncate(to.index);
  dropLockAbove(context, to);
  forgetWritesAbove(context, to.index);
  const { termVote, syncedTermVote, leadership, candidacy } = context;
  if ((termVote?.termVote.lock.index ?? 0) <= to.index) return;
  // A certificate of an earlier term outranks the lock without electing anybody: a promise that was sent stays open, or this
  // node would be alone with it.
  const isByCertificate = leadership === null && candidacy === null;
  if (!isByCertificate || termVote !== syncedTermVote) context.lockSuperseded = true;
}

/** Rule *step-down*: stops proposing and waits for another leader; this term is over for this node. */
export function stepDown(context: CoreContext, deadline: number): void {
  if (context.leading === null) return;
  context.leading = null;
  context.leadership = null;
  context.election.leaderHeardAt = null;
  context.election.deadline = deadline;
  context.changed = true;
  dropIncoming(context);
}
