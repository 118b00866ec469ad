/**
 * Rule *snapshot*: a node that is far behind, or whose peers have pruned what it lacks, looks for somebody who offers a snapshot.
 * Peers are asked one after the other, and entries are fetched meanwhile, so that looking never costs progress.
 */
import type { CoreContext, Done } from './context.ts';
import { noteVotesIn } from './misbehaviour.ts';
import { checkOwnVoteIn } from './own-key.ts';
import type { SnapshotMessage, SnapshotSearch } from './snapshot-exchange.ts';
import { faultOf } from './snapshot-offer.ts';
import { beginTaking, driveTaking, takingDeadline } from './snapshot-taking.ts';
import { checkTrusted, showsTrusted } from './trusted-entry.ts';
import type { LogIndex, NodeId } from './types.ts';

/** Fetch timeouts after which another peer is asked; making a snapshot takes longer, and the next round finds it made. */
const OFFER_TIMEOUTS = 8;
/** Fetch timeouts for late answers, once all were asked: a new snapshot is proved by the next entry. */
const LATE_TIMEOUTS = 12;
/** Fetch timeouts between two rounds over all peers. */
export const ROUND_PAUSE_TIMEOUTS = 10;
/** Fetch timeouts after this machine failed. */
export const FAILURE_PAUSE_TIMEOUTS = 15;
/** Fetch timeouts for which a peer that was wrong is not asked. */
const REFUSAL_TIMEOUTS = 200;

export function driveSnapshots(context: CoreContext): Done {
  const { snapshots } = context;
  if (context.options.snapshots !== true) return;
  const { fetch } = snapshots;
  if (fetch !== null && fetch.phase !== 'asking') return driveTaking(context, fetch);
  if (!isWanted(context)) {
    snapshots.fetch = null;
  } else if (fetch === null) {
    if (context.now >= snapshots.retryAt) askNext(context, startSearch(context));
  } else if (context.now >= fetch.deadline) {
    askNext(context, fetch);
  }
}

/** Whether replaying would take longer, or is not possible. */
function isWanted(context: CoreContext): boolean {
  const { ahead, log, leading, catchUp, snapshots, options } = context;
  if (leading !== null) return false;
  if (snapshots.arePruned && catchUp !== null) return true;
  return ahead !== null && ahead.index - log.committed.index > options.limits.snapshotDistance;
}

function startSearch(context: CoreContext): SnapshotSearch {
  const search: SnapshotSearch = {
    phase: 'asking',
    request: context.nextRequest(),
    asked: new Set(),
    answered: new Set(),
    deadline: context.now,
    isClosing: false,
  };
  context.snapshots.fetch = search;
  return search;
}

function askNext(context: CoreContext, search: SnapshotSearch): Done {
  const { snapshots, log, options } = context;
  const { fetchTimeout } = options.timing;
  const peer = candidates(context).find((id) => !search.asked.has(id));
  if (peer === undefined) {
    const isOpen = !search.isClosing && search.answered.size < search.asked.size;
    if (!isOpen) return pauseSearch(context, ROUND_PAUSE_TIMEOUTS);
    search.isClosing = true;
    search.deadline = context.now + LATE_TIMEOUTS * fetchTimeout;
    return;
  }
  search.asked.add(peer);
  search.deadline = context.now + OFFER_TIMEOUTS * fetchTimeout;
  snapshots.fetch = search;
  const from = (log.committed.index + 1) as LogIndex;
  context.send(peer, {
    type: 'snapshot-request',
    request: search.request,
    from,
    epoch: context.epoch,
  });
}

/** Connected peers; the leader has enough to do, and is asked last of those that offered as few that nobody had. */
function candidates(context: CoreContext): NodeId[] {
  const { peers, snapshots, leadership } = context;
  const ids = [...peers]
    .filter(([id, peer]) => peer.connected && context.now >= (snapshots.refusedUntil.get(id) ?? 0))
    .map(([id]) => id);
  return ids.sort((left, right) => rank(left) - rank(right));

  function rank(id: NodeId): number {
    return 2 * (snapshots.unobtainable.get(id) ?? 0) + (id === leadership?.leader ? 1 : 0);
  }
}

/** No snapshot for now: what can be had are entries. */
export function pauseSearch(context: CoreContext, timeouts: number): Done {
  context.snapshots.fetch = null;
  context.snapshots.retryAt = context.now + timeouts * context.options.timing.fetchTimeout;
  context.changed = true;
}

/** This peer gave what was not right: at most f do, and each costs bounded time. */
export function refusePeer(context: CoreContext, peer: NodeId, reason: string): Done {
  const { snapshots, options } = context;
  snapshots.refusedUntil.set(peer, context.now + REFUSAL_TIMEOUTS * options.timing.fetchTimeout);
  context.event({
    type: 'error',
    code: 'snapshot-refused',
    message: `a snapshot of ${peer} was refused: ${reason}`,
  });
}

export function onSnapshotOffer(
  context: CoreContext,
  from: NodeId,
  message: Extract<SnapshotMessage, { type: 'snapshot-offer' }>,
): Done {
  const { fetch } = context.snapshots;
  const isAsked = fetch?.phase === 'asking' && fetch.asked.has(from);
  if (!isAsked || fetch.request !== message.request) return context.ignore('unasked-offer');
  context.changed = true;
  fetch.answered.add(from);
  const { offer } = message;
  const isUseful = offer !== null && offer.base.index > context.log.committed.index;
  if (!isUseful) return askNextAfter(context, fetch, from);
  const fault = faultOf(context, offer);
  if (fault !== null) {
    context.ignore(fault);
    refusePeer(context, from, fault);
    return askNextAfter(context, fetch, from);
  }
  noteVotesIn(context, offer.certificate);
  const shown = [offer.base, ...offer.next];
  if (!checkTrusted(context, shown)) return;
  checkOwnVoteIn(context, offer.certificate);
  if (context.halted !== null) return;
  if (!showsTrusted(context, shown)) {
    context.ignore('offer-without-trusted-entry');
    return askNextAfter(context, fetch, from);
  }
  beginTaking(context, offer, from);
}

/** The peer that was asked last has nothing: the next one is asked at once. */
function askNextAfter(context: CoreContext, search: SnapshotSearch, from: NodeId): Done {
  const isLast = [...search.asked].at(-1) === from;
  if (isLast && !search.isClosing) search.deadline = context.now;
  if (search.answered.size === search.asked.size) search.deadline = context.now;
}

/** When there is something to do without an input. */
export function snapshotDeadline(context: CoreContext): number {
  const { fetch, retryAt } = context.snapshots;
  const off = Number.POSITIVE_INFINITY;
  if (context.options.snapshots !== true) return off;
  if (fetch === null) return isWanted(context) ? retryAt : off;
  if (fetch.phase === 'asking') return fetch.deadline;
  return takingDeadline(context, fetch);
}
