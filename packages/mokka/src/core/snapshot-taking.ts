/**
 * Rule *snapshot*: taking a proved snapshot: its chunks through a small window of requests, each checked against the manifest, then
 * one call in which the application makes it its state. Nothing that goes wrong here stops the node, but an application that closed.
 */
import { encodeSnapshotRecord, RECORDED_SNAPSHOT } from '../codec/snapshot-codec.ts';
import { sha256, toHex } from './bytes.ts';
import type { CoreContext, Done } from './context.ts';
import { persist } from './durability.ts';
import type {
  RestoreOutcome,
  SnapshotInput,
  SnapshotMessage,
  SnapshotOffer,
  SnapshotTaking,
} from './snapshot-exchange.ts';
import {
  FAILURE_PAUSE_TIMEOUTS,
  pauseSearch,
  ROUND_PAUSE_TIMEOUTS,
  refusePeer,
} from './snapshot-fetch.ts';
import { installSnapshot, refusalToInstall } from './snapshot-installation.ts';
import type { NodeId, Ticket } from './types.ts';

/** Chunks that are asked for, or wait for the application, at a time. */
const WINDOW = 4;
/** Fetch timeouts without a chunk of a peer after which what it was asked for is asked again, of another one where there is one. */
const CHUNK_TIMEOUTS = 15;
/** Fetch timeouts without any chunk after which the snapshot is given up. */
const IDLE_TIMEOUTS = 100;
/** So many times in a row that the offerer does not answer, and the snapshot is given up. */
const MAX_UNANSWERED = 2;
/** Fetch timeouts that an offerer has for everything, and for each chunk: a slow liar costs bounded time. */
const OFFER_TIMEOUTS = 200;
const TIMEOUTS_PER_CHUNK = 4;
/** Of the pause after this machine failed. */
const MAX_PAUSE_DOUBLINGS = 6;
/** How often the application may lose chunks that it had. */
const MAX_REPETITIONS = 2;

type Input<T extends SnapshotInput['type']> = Extract<SnapshotInput, { type: T }>;

/** The offer is proved. */
export function beginTaking(context: CoreContext, offer: SnapshotOffer, from: NodeId): Done {
  const { fetchTimeout } = context.options.timing;
  const chunks = offer.manifest.chunks.length;
  const taking: SnapshotTaking = {
    phase: 'beginning',
    offer,
    from,
    ticket: null,
    missing: [],
    asked: new Map(),
    arrived: [],
    without: new Set(),
    isArriving: false,
    unanswered: 0,
    progressAt: context.now,
    deadline: context.now + (OFFER_TIMEOUTS + TIMEOUTS_PER_CHUNK * chunks) * fetchTimeout,
    repetitions: 0,
  };
  context.snapshots.fetch = taking;
  begin(context, taking);
}

function begin(context: CoreContext, taking: SnapshotTaking): Done {
  taking.phase = 'beginning';
  taking.ticket = context.ticket();
  const { manifest } = taking.offer;
  context.emit({ type: 'begin-restore', ticket: taking.ticket, manifest });
  context.changed = true;
}

export function onRestoreBegun(context: CoreContext, input: Input<'restore-begun'>): Done {
  const taking = answered(context, input.ticket);
  if (taking === null) return context.ignore('stale-ticket');
  const { result } = input;
  if (!result.ok) return onFailure(context, taking, result);
  const here = new Set(result.value);
  taking.missing = [...taking.offer.manifest.chunks.keys()].filter((chunk) => !here.has(chunk));
  taking.phase = 'fetching';
  taking.progressAt = context.now;
}

export function onChunkRestored(context: CoreContext, input: Input<'chunk-restored'>): Done {
  const taking = answered(context, input.ticket);
  if (taking === null) return context.ignore('stale-ticket');
  taking.arrived.shift();
  if (!input.result.ok) onFailure(context, taking, input.result);
}

/** The taking whose call this answers. */
function answered(context: CoreContext, ticket: Ticket): SnapshotTaking | null {
  const { fetch } = context.snapshots;
  if (fetch === null || fetch.phase === 'asking' || fetch.ticket !== ticket) return null;
  fetch.ticket = null;
  context.changed = true;
  return fetch;
}

/** Does what is next. */
export function driveTaking(context: CoreContext, taking: SnapshotTaking): Done {
  const { phase, offer, ticket } = taking;
  if (phase === 'recording' || phase === 'finishing') return;
  const { log, leading } = context;
  // The log came that far by itself.
  if (offer.base.index <= log.committed.index || leading !== null) return abandon(context);
  if (phase === 'fetching') return driveChunks(context, taking);
  if (phase === 'ready' && ticket === null && isIdle(context)) record(context, taking);
}

function driveChunks(context: CoreContext, taking: SnapshotTaking): Done {
  retryChunks(context, taking);
  const isSilent =
    taking.unanswered >= MAX_UNANSWERED || context.now >= idleDeadline(context, taking);
  if (context.now >= taking.deadline || (isSilent && taking.arrived.length === 0)) {
    context.event({
      type: 'error',
      code: 'snapshot-late',
      message: `a snapshot of ${taking.from} did not come in time`,
    });
    return giveUp(context, taking);
  }
  const [first] = taking.arrived;
  if (first !== undefined && taking.ticket === null) {
    taking.ticket = context.ticket();
    context.emit({ type: 'restore-chunk', ticket: taking.ticket, ...first });
  }
  askForChunks(context, taking);
  if (taking.missing.length > 0 && taking.asked.size + taking.arrived.length === 0) {
    giveUp(context, taking);
    return pauseSearch(context, ROUND_PAUSE_TIMEOUTS);
  }
  if (taking.missing.length + taking.asked.size + taking.arrived.length > 0) return;
  taking.phase = 'ready';
  context.changed = true;
}

/**
 * What is here is of use when the same one is offered again. Who offered it is asked again too, after the others: a link may have been
 * cut and nobody else may have one, but a liar may offer what nobody keeps, or what it never sends, again and again.
 */
function giveUp(context: CoreContext, { from }: SnapshotTaking): Done {
  const { unobtainable } = context.snapshots;
  unobtainable.set(from, (unobtainable.get(from) ?? 0) + 1);
  abandon(context, 'keep-chunks');
}

/** A request that was not answered goes to somebody else, as does one whose peer is gone. */
function retryChunks(context: CoreContext, taking: SnapshotTaking): Done {
  let isSilent = false;
  for (const [chunk, { deadline, peer }] of taking.asked) {
    const isGone = context.peers.get(peer)?.connected !== true;
    if (context.now < deadline && !isGone) continue;
    askAgain(taking, chunk);
    if (peer !== taking.from) taking.without.add(peer);
    else if (!isGone) isSilent = true;
  }
  if (isSilent) taking.unanswered += 1;
}

function askAgain(taking: SnapshotTaking, chunk: number): Done {
  taking.asked.delete(chunk);
  taking.missing.unshift(chunk);
}

/** The first chunk comes alone: it tells the application most about what follows. */
function askForChunks(context: CoreContext, taking: SnapshotTaking): Done {
  const { missing, asked, arrived, offer } = taking;
  const room = missing[0] === 0 || asked.has(0) || arrived[0]?.chunk === 0 ? 1 : WINDOW;
  while (missing.length > 0 && asked.size + arrived.length < room) {
    const peer = sourceOf(context, taking);
    const chunk = missing[0];
    if (peer === undefined || chunk === undefined) return;
    missing.shift();
    const request = context.nextRequest();
    asked.set(chunk, { peer, request, deadline: chunkDeadline(context) });
    context.send(peer, { type: 'chunk-request', request, entry: offer.manifest.entry, chunk });
  }
}

function chunkDeadline({ now, options }: CoreContext): number {
  return now + CHUNK_TIMEOUTS * options.timing.fetchTimeout;
}

/** A peer that sends chunks is not silent, however slow. */
function extendDeadlines(context: CoreContext, taking: SnapshotTaking, of: NodeId): Done {
  const deadline = chunkDeadline(context);
  for (const request of taking.asked.values()) if (request.peer === of) request.deadline = deadline;
  if (of === taking.from) taking.unanswered = 0;
}

/** Who offered it; then whoever else may have the same one, since the same entry gives the same bytes everywhere. */
function sourceOf(context: CoreContext, taking: SnapshotTaking): NodeId | undefined {
  const { peers, snapshots } = context;
  return [taking.from, ...peers.keys()].find(
    (id) =>
      peers.get(id)?.connected === true &&
      !taking.without.has(id) &&
      context.now >= (snapshots.refusedUntil.get(id) ?? 0),
  );
}

export function onChunk(
  context: CoreContext,
  from: NodeId,
  message: Extract<SnapshotMessage, { type: 'chunk' }>,
): Done {
  const { fetch } = context.snapshots;
  const taking = fetch === null || fetch.phase !== 'fetching' ? null : fetch;
  const asked = taking?.asked.get(message.chunk);
  if (taking === null || asked?.peer !== from || asked.request !== message.request) {
    return context.ignore('unasked-chunk');
  }
  context.changed = true;
  const { chunk, bytes } = message;
  if (bytes === null) {
    taking.without.add(from);
    return askAgain(taking, chunk);
  }
  const expected = taking.offer.manifest.chunks[chunk];
  if (expected?.bytes !== bytes.length || expected.hash !== toHex(sha256(bytes))) {
    refusePeer(context, from, `chunk ${chunk} is another one`);
    askAgain(taking, chunk);
    if (from === taking.from) abandon(context, 'keep-chunks');
    return;
  }
  taking.asked.delete(chunk);
  taking.arrived.push({ chunk, bytes });
  taking.isArriving = true;
  extendDeadlines(context, taking, from);
  taking.progressAt = context.now;
}

/** Nothing is under way at the application, so that `finish-restore` finds it where this node believes it to be. */
function isIdle({ execution }: CoreContext): boolean {
  const { request, committing, reading } = execution;
  return request === null && committing.length === 0 && reading === null;
}

/** Rule *durability*: what completes the installation is on disk before the application changes its state. */
function record(context: CoreContext, taking: SnapshotTaking): Done {
  const { offer } = taking;
  const refusal = refusalToInstall(context, offer);
  if (refusal !== null) return context.halt('conflicting-commit', refusal);
  taking.phase = 'recording';
  const value = encodeSnapshotRecord(offer);
  persist(
    context,
    [{ type: 'put-record', name: RECORDED_SNAPSHOT, value }],
    [{ type: 'snapshot-recorded' }],
  );
}

export function onSnapshotRecorded(context: CoreContext): Done {
  const { fetch } = context.snapshots;
  if (fetch?.phase !== 'recording') return;
  if (fetch.offer.base.index <= context.log.committed.index) {
    forgetRecord(context);
    return abandon(context);
  }
  fetch.phase = 'finishing';
  fetch.ticket = context.ticket();
  const { certificate } = fetch.offer;
  context.emit({ type: 'finish-restore', ticket: fetch.ticket, certificate });
}

export function onRestored(context: CoreContext, input: Input<'restored'>): Done {
  const taking = answered(context, input.ticket);
  if (taking === null) return context.ignore('stale-ticket');
  const { result } = input;
  const { offer } = taking;
  if (!result.ok) {
    forgetRecord(context);
    return onFailure(context, taking, result);
  }
  const { applied, stateDigest } = result.value;
  if (applied.hash !== offer.base.hash || stateDigest !== offer.manifest.stateDigest) {
    return context.halt(
      'state-digest-mismatch',
      `the application is at entry ${applied.index} with the state ${stateDigest} after the snapshot of ` +
        `entry ${offer.base.index} with ${offer.manifest.stateDigest}`,
    );
  }
  installSnapshot(context, offer);
  context.snapshots.fetch = null;
  context.snapshots.failed = null;
  context.snapshots.arePruned = false;
  context.snapshots.unobtainable.clear();
}

/** The application could not do it. Its state is as before. */
function onFailure(
  context: CoreContext,
  taking: SnapshotTaking,
  { code, message }: Extract<RestoreOutcome<unknown>, { ok: false }>,
): Done {
  const wasFinishing = taking.phase === 'finishing';
  if (code === 'closed') {
    return context.halt('application-closed', `the application has closed: ${message}`);
  }
  if (code === 'invalid-snapshot') {
    refusePeer(context, taking.from, message);
    abandon(context);
  } else if (wasFinishing && taking.repetitions < MAX_REPETITIONS) {
    // Chunks were damaged on its disk: it tells which.
    taking.repetitions += 1;
    begin(context, taking);
  } else {
    noteFailure(context, message);
    abandon(context, 'keep-chunks');
  }
  // What was to be rolled back meanwhile was held back.
  if (wasFinishing) context.emit({ type: 'rollback', to: context.execution.cursor });
}

/** Tried again after longer and longer pauses, and said once for each reason: a disk may stay full for days. */
function noteFailure(context: CoreContext, message: string): Done {
  const { snapshots } = context;
  const times = (snapshots.failed?.times ?? 0) + 1;
  if (snapshots.failed?.message !== message) {
    context.event({ type: 'error', code: 'snapshot-failed', message });
  }
  snapshots.failed = { times, message };
  const doublings = Math.min(times - 1, MAX_PAUSE_DOUBLINGS);
  pauseSearch(context, FAILURE_PAUSE_TIMEOUTS * 2 ** doublings);
}

/** Looks for another snapshot. Kept chunks are of use when the same one is offered again. */
function abandon(context: CoreContext, keeps: 'keep-chunks' | 'nothing' = 'nothing'): Done {
  context.snapshots.fetch = null;
  context.changed = true;
  if (keeps === 'nothing') context.emit({ type: 'abandon-restore' });
}

function forgetRecord(context: CoreContext): Done {
  persist(context, [{ type: 'delete-record', name: RECORDED_SNAPSHOT }], []);
}

function idleDeadline(context: CoreContext, taking: SnapshotTaking): number {
  return taking.progressAt + IDLE_TIMEOUTS * context.options.timing.fetchTimeout;
}

/** When there is something to do without an input. */
export function takingDeadline(context: CoreContext, taking: SnapshotTaking): number {
  if (taking.phase !== 'fetching') return Number.POSITIVE_INFINITY;
  const requests = [...taking.asked.values()].map(({ deadline }) => deadline);
  if (taking.arrived.length === 0) requests.push(idleDeadline(context, taking));
  return Math.min(taking.deadline, ...requests);
}
