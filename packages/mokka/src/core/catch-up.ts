/**
 * Fetching what this node lacks: up to a certified entry, the anchor of its leader, or the lock a candidate needs. Entries are
 * staged from just above the committed one and stored as soon as a certificate or the verified target proves them.
 */
import { certificateOf, fixProof, votesUpToTarget } from './candidacy.ts';
import { acceptCertificate, commitTo, mergeChain } from './committing.ts';
import type { CatchUp, CoreContext, Done } from './context.ts';
import type { Entry } from './entry.ts';
import type { Message } from './message.ts';
import { noteVotesIn } from './misbehaviour.ts';
import { checkOwnEntry, checkOwnVoteIn } from './own-key.ts';
import { isTakingSnapshot } from './snapshot-exchange.ts';
import type { EntryId, LogIndex, NodeId } from './types.ts';
import { anchorOf, verifyCertificate } from './verification.ts';

/** Entries staged without a proof; beyond, a peer's answer is taken as wrong. */
const MAX_STAGED_ENTRIES = 4096;
/** Payload bytes staged without a proof, likewise: far more than leaders have in flight. */
const MAX_STAGED_BYTES = 256 * 1024 * 1024;
/** Fetching pauses while the application is this many batches behind. */
const MAX_UNAPPLIED_BATCHES = 8;

/** BFT: what a peer sends must prove right within this many fetch timeouts, or another one is asked. */
const UNPROVEN_TIMEOUTS = 10;

/** What to reach, and who may have it, best first. */
interface Wanted {
  readonly target: EntryId;
  readonly sources: readonly NodeId[];
}

export function driveCatchUp(context: CoreContext): Done {
  const wanted = isTakingSnapshot(context.snapshots) ? null : whatToFetch(context);
  if (wanted === null) {
    context.catchUp = null;
    return;
  }
  const { catchUp } = context;
  if (catchUp === null || catchUp.target.hash !== wanted.target.hash) {
    request(context, wanted, 0, catchUp?.staged ?? []);
  } else if (context.now >= catchUp.retryAt) {
    request(context, wanted, catchUp.attempt + 1, catchUp.staged);
  }
}

function whatToFetch(context: CoreContext): Wanted | null {
  const { ahead, aheadFrom, leadership, candidacy, log } = context;
  const target = ahead ?? missingAnchor(context) ?? candidacy?.target ?? null;
  if (target === null || log.contains(target)) return null;
  const first =
    ahead === null && leadership === null ? (candidacy?.holders ?? []) : [leadership?.leader];
  const others = [...context.peers].filter(([, peer]) => peer.connected).map(([id]) => id);
  const told = ahead !== null && context.peers.has(aheadFrom ?? context.self) ? [aheadFrom] : [];
  const sources = [...told, ...first, ...others].filter(
    (id) => (id ?? context.self) !== context.self,
  );
  return { target, sources: [...new Set(sources)] as NodeId[] };
}

function missingAnchor(context: CoreContext): EntryId | null {
  const { leadership, log } = context;
  if (leadership === null || leadership.leader === context.self) return null;
  const { anchor, termStart } = leadership;
  if (anchor.index <= log.committed.index || log.contains(anchor)) return null;
  if (termStart !== null && log.contains(termStart)) return null;
  return anchor;
}

function request(context: CoreContext, wanted: Wanted, attempt: number, staged: Entry[]): Done {
  const peer = wanted.sources[attempt % Math.max(1, wanted.sources.length)];
  const { fetchTimeout } = context.options.timing;
  const known = context.catchUp;
  const isSameAttempt = known !== null && known.peer === peer && known.attempt === attempt;
  const next: CatchUp = {
    target: { index: wanted.target.index, hash: wanted.target.hash },
    peer: peer ?? context.self,
    attempt,
    request: context.nextRequest(),
    retryAt: context.now + fetchTimeout,
    staged: followsCommitted(context, staged) ? staged : [],
    unprovenSince: isSameAttempt ? known.unprovenSince : context.now,
  };
  context.catchUp = next;
  if (peer === undefined || isApplicationBehind(context)) return;
  const last = next.staged[next.staged.length - 1];
  const from = ((last?.index ?? context.log.committed.index) + 1) as LogIndex;
  context.send(peer, { type: 'fetch', request: next.request, from, tip: next.target });
}

function followsCommitted(context: CoreContext, staged: readonly Entry[]): boolean {
  return staged[0]?.parentHash === context.log.committed.hash;
}

function isApplicationBehind(context: CoreContext): boolean {
  const { execution, log, options } = context;
  const lag = log.committed.index - execution.applied;
  return lag > MAX_UNAPPLIED_BATCHES * options.limits.maxFetchEntries;
}

/** Entries that arrived for the present request. */
export function onEntries(
  context: CoreContext,
  from: NodeId,
  message: Extract<Message, { type: 'entries' }>,
): Done {
  const { catchUp, log } = context;
  if (catchUp === null || catchUp.peer !== from || catchUp.request !== message.request) {
    return context.ignore('unasked-entries');
  }
  context.changed = true;
  if (!followsCommitted(context, catchUp.staged)) catchUp.staged = [];
  // Nothing there, or not what links to the log: another peer is asked after a short pause.
  const pause = context.now + context.options.timing.heartbeatInterval;
  // One that simply has none says nothing of those that have pruned them.
  if (message.entries.length > 0) context.snapshots.arePruned = false;
  else if (message.lowest !== undefined) context.snapshots.arePruned = true;
  for (const entry of message.entries) {
    const parent = catchUp.staged[catchUp.staged.length - 1] ?? log.committed;
    if (entry.index <= parent.index) continue;
    if (entry.index !== parent.index + 1 || entry.parentHash !== parent.hash) {
      context.ignore('entries-off-chain');
      catchUp.staged = [];
      catchUp.retryAt = pause;
      return;
    }
    catchUp.staged.push(entry);
  }
  if (message.certificate !== null) commitStaged(context, catchUp, message.certificate);
  if (context.halted !== null || context.catchUp !== catchUp) return;
  if (reachTarget(context, catchUp)) return;
  const isTooMuch = exceedsStaging(catchUp.staged) || isUnprovenTooLong(context, catchUp);
  if (message.entries.length === 0 || isTooMuch) {
    if (isTooMuch) catchUp.staged = [];
    catchUp.retryAt = pause;
    return;
  }
  const wanted = whatToFetch(context);
  if (wanted !== null) request(context, wanted, catchUp.attempt, catchUp.staged);
}

/** A liar that feeds a made-up chain, one entry at a time, costs bounded time only. */
function isUnprovenTooLong(context: CoreContext, catchUp: CatchUp): boolean {
  const patience = UNPROVEN_TIMEOUTS * context.options.timing.fetchTimeout;
  return context.crashModel === 'BFT' && context.now - catchUp.unprovenSince > patience;
}

function exceedsStaging(staged: readonly Entry[]): boolean {
  const bytes = staged.reduce((sum, entry) => sum + entry.payload.length, 0);
  return staged.length > MAX_STAGED_ENTRIES || bytes > MAX_STAGED_BYTES;
}

/** A certificate for one of the staged entries: everything up to it is stored and committed. */
function commitStaged(
  context: CoreContext,
  catchUp: CatchUp,
  certificate: NonNullable<Extract<Message, { type: 'entries' }>['certificate']>,
): Done {
  const at = catchUp.staged.findIndex((entry) => entry.hash === certificate.hash);
  if (at === -1) return;
  if (crossesEpochs(context, catchUp.staged.slice(0, at + 1))) {
    catchUp.staged = [];
    return context.ignore('certificate-across-epochs');
  }
  if (!verifyCertificate(certificate, context, context.signer)) {
    return context.ignore('bad-certificate');
  }
  noteVotesIn(context, certificate);
  checkOwnVoteIn(context, certificate);
  if (context.halted !== null) return;
  const chain = catchUp.staged.slice(0, at + 1);
  if (!mergeChain(context, chain, certificate.term, certificate)) return;
  commitTo(context, certificate);
  catchUp.staged = catchUp.staged.slice(at + 1);
  catchUp.unprovenSince = context.now;
}

/** Rule *membership*: what follows a membership entry is of another epoch, and that entry has a certificate of its own. */
function crossesEpochs(context: CoreContext, chain: readonly Entry[]): boolean {
  return chain.some(
    ({ kind, epoch }, at) =>
      epoch !== context.epoch || (kind === 'membership' && at < chain.length - 1),
  );
}

/** The staged chain holds the target: what it was wanted for can go on. */
function reachTarget(context: CoreContext, catchUp: CatchUp): boolean {
  const { target } = catchUp;
  if (context.log.contains(target)) return finish(context);
  const at = catchUp.staged.findIndex((entry) => entry.index === target.index);
  const found = catchUp.staged[at];
  if (found === undefined) return false;
  if (found.hash !== target.hash) {
    // The peer is on another chain.
    catchUp.staged = [];
    catchUp.retryAt = context.now + context.options.timing.heartbeatInterval;
    return true;
  }
  const chain = catchUp.staged.slice(0, at + 1);
  if (crossesEpochs(context, chain)) {
    context.ignore('chain-across-epochs');
    catchUp.staged = [];
    catchUp.retryAt = context.now + context.options.timing.heartbeatInterval;
    return true;
  }
  const { ahead } = context;
  if (ahead !== null && ahead.hash === target.hash) {
    if (mergeChain(context, chain, ahead.term, ahead)) acceptCertificate(context, ahead);
    return finish(context);
  }
  for (const entry of chain) checkOwnEntry(context, entry);
  if (context.halted !== null) return true;
  const votes = votesUpToTarget(context);
  const { leadership } = context;
  if (leadership !== null) {
    mergeChain(context, chain, leadership.term - 1, leadership.proof?.anchorCertificate);
  } else if (votes.length >= context.quorum) {
    const anchor = anchorOf(votes);
    const certificate = anchor === null ? undefined : certificateOf(context, anchor);
    if (mergeChain(context, chain, context.term - 1, certificate)) fixProof(context, votes);
  }
  return finish(context);
}

function finish(context: CoreContext): boolean {
  context.catchUp = null;
  context.changed = true;
  return true;
}
