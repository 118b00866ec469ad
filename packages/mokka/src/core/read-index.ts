/**
 * Rule *read-index*: whether what this node shows is current. Whatever any node had shown as committed was stored by a quorum
 * before, so the highest lock in any quorum's answers, each given after the question, is not below it. Once this node has
 * committed and applied as much, its answer is linearizable. No leader, no lease and no clock is involved, and in BFT no trust.
 */
import type { CoreContext, Done } from './context.ts';
import { repeatInterval } from './election.ts';
import { currentLock } from './lock.ts';
import type { Message } from './message.ts';
import type { Lock } from './statements.ts';
import type { Epoch, LogIndex, NodeId } from './types.ts';
import { compareLocks } from './verification.ts';

/** Reads share rounds: one that is asked for while a round runs waits for the next, for the answers may be older than it. */
export interface ReadIndex {
  /** The last read asked for. Hosts number them from 1, without gaps. */
  asked: number;
  /** The last read that was confirmed. */
  confirmed: number;
  round: ReadRound | null;
}

export interface ReadRound {
  readonly request: number;
  readonly epoch: Epoch;
  /** The last read that the round confirms. */
  readonly through: number;
  readonly answers: Map<NodeId, Lock>;
  repeatAt: number;
  /** What must be applied here; null while it is not known to be enough. */
  target: LogIndex | null;
}

export function newReadIndex(): ReadIndex {
  return { asked: 0, confirmed: 0, round: null };
}

/** The host asks that everything committed before now be visible here. */
export function onReadAsked(context: CoreContext, read: number): Done {
  if (read <= context.readIndex.asked) return context.ignore('read-known');
  context.readIndex.asked = read;
  context.changed = true;
}

/** A member asks how far this validator is. */
export function onReadIndex(
  context: CoreContext,
  from: NodeId,
  message: Extract<Message, { type: 'read-index' }>,
): Done {
  if (!context.isValidator) return context.ignore('not-a-validator');
  const { lock } = currentLock(context);
  context.send(from, { type: 'read-position', request: message.request, lock });
}

export function onReadPosition(
  context: CoreContext,
  from: NodeId,
  message: Extract<Message, { type: 'read-position' }>,
): Done {
  const { round } = context.readIndex;
  if (round === null || round.request !== message.request || round.target !== null) {
    return context.ignore('stale-read-position');
  }
  if (!context.validators.includes(from)) return context.ignore('not-a-validator');
  round.answers.set(from, message.lock);
  context.changed = true;
}

/** Begins a round when there is something to confirm, and ends it when that is so. */
export function driveReadIndex(context: CoreContext): Done {
  const { readIndex } = context;
  // Answers of a set that is not in charge any more prove nothing about what its successors committed.
  if (readIndex.round !== null && readIndex.round.epoch !== context.epoch) readIndex.round = null;
  if (readIndex.round === null && readIndex.asked > readIndex.confirmed) beginRound(context);
  const { round } = readIndex;
  if (round === null) return;
  if (round.target === null && isCovered(context, round)) {
    round.target = context.log.committed.index;
  }
  if (round.target === null || context.execution.applied < round.target) return;
  readIndex.confirmed = round.through;
  readIndex.round = null;
  context.changed = true;
  context.emit({ type: 'read-current', through: round.through, index: context.execution.applied });
}

function beginRound(context: CoreContext): void {
  const { readIndex } = context;
  const round: ReadRound = {
    request: context.nextRequest(),
    epoch: context.epoch,
    through: readIndex.asked,
    answers: new Map(),
    repeatAt: context.now + repeatInterval(context),
    target: null,
  };
  if (context.isValidator) round.answers.set(context.self, currentLock(context).lock);
  readIndex.round = round;
  context.broadcast({ type: 'read-index', request: round.request });
}

/**
 * Whether a quorum answered and nothing in its answers is above what is committed here. Answers above do not stand in the way of a
 * quorum without them, so that a liar can not hold up reads. One that is too low has no effect: two quorums share a correct node.
 */
function isCovered(context: CoreContext, round: ReadRound): boolean {
  if (round.answers.size < context.quorum) return false;
  const { log } = context;
  const { committed } = log;
  // At its entry's term: a membership entry that was certified again is below all of the next epoch.
  const here = log.committedLock;
  let covered = 0;
  for (const lock of round.answers.values()) {
    const isCommitted = lock.index <= committed.index && log.contains(lock);
    if (isCommitted || compareLocks(lock, here) <= 0) covered += 1;
  }
  return covered >= context.quorum;
}

/** When the question is asked again. */
export function readIndexDeadline(context: CoreContext): number {
  const { round } = context.readIndex;
  return round === null || round.target !== null ? Number.POSITIVE_INFINITY : round.repeatAt;
}

/**
 * Question or answers may have been lost, and answers may tell of entries that nobody will commit: ask anew, with a new
 * number, since a node that has dropped such an entry answers lower.
 */
export function repeatReadIndex(context: CoreContext): Done {
  const { readIndex } = context;
  readIndex.round = null;
  context.changed = true;
}
