/** Rule *snapshot*: giving snapshots to those that are behind, a bounded number of chunks at a time. */
import type { CoreContext, Done } from './context.ts';
import { onOwnSnapshot } from './pruning.ts';
import {
  MAX_CHUNK_BYTES,
  type ServedRequest,
  type SnapshotInput,
  type SnapshotMessage,
  type SnapshotOffer,
} from './snapshot-exchange.ts';
import type { Epoch, LogIndex, NodeId } from './types.ts';

/** Chunks that are read for one peer at a time; more than a correct one asks for. */
const MAX_SERVED_CHUNKS = 8;
/** Fetch timeouts for which a snapshot that is being given holds up pruning. */
const HOLD_TIMEOUTS = 1_000;
/** What a chunk of a manifest takes in an offer. */
const OFFER_BYTES_PER_CHUNK = 36;

type Message<T extends SnapshotMessage['type']> = Extract<SnapshotMessage, { type: T }>;
type Input<T extends SnapshotInput['type']> = Extract<SnapshotInput, { type: T }>;

export function onSnapshotRequest(
  context: CoreContext,
  from: NodeId,
  message: Message<'snapshot-request'>,
): Done {
  const { snapshots, options, pruning } = context;
  if (isServing(context, from, 'offer') > 0) return context.ignore('snapshot-request-under-way');
  if (!mayAsk(context, from)) return context.ignore('fetches-too-much');
  if (options.snapshots !== true || context.halted !== null) {
    return context.send(from, { type: 'snapshot-offer', request: message.request, offer: null });
  }
  snapshots.waiting.delete(from);
  // One that was made below what is pruned can not be proved any more.
  const minimum = Math.max(message.from, pruning.lowest) as LogIndex;
  const { request, epoch } = message;
  const served = { kind: 'offer', to: from, request, from: message.from, epoch } as const;
  prepare(context, minimum, { ...served, isRepeated: false });
}

function prepare(
  context: CoreContext,
  minimum: LogIndex,
  served: Extract<ServedRequest, { kind: 'offer' }>,
): void {
  const ticket = context.ticket();
  context.snapshots.serving.set(ticket, served);
  const { certificate: newest, committed } = context.log;
  const { epoch } = served;
  const { index } = committed;
  context.emit({ type: 'offer-snapshot', ticket, minimum, committed: index, epoch, newest });
}

/** A snapshot that was proved before and serves this peer too: what would prove a newer one may need its vote. */
function earlierOffer(
  { snapshots, pruning }: CoreContext,
  from: LogIndex,
  epoch: Epoch,
): SnapshotOffer | null {
  const { proved } = snapshots;
  if (proved === null || proved.epoch > epoch) return null;
  const { offer } = proved;
  if (offer.base.index < Math.max(from, pruning.lowest)) return null;
  const memberships = offer.memberships.filter(({ entry }) => entry.epoch >= epoch);
  return { ...offer, memberships };
}

/** Offers what has come to be proved. */
export function driveOffers(context: CoreContext): Done {
  const { snapshots, log } = context;
  for (const [to, { request, from, epoch, at }] of snapshots.waiting) {
    if (log.committed.index <= at || log.syncedIndex < log.committed.index) continue;
    snapshots.waiting.delete(to);
    prepare(context, at, { kind: 'offer', to, request, from, epoch, isRepeated: true });
  }
}

export function onSnapshotOffered(context: CoreContext, input: Input<'snapshot-offered'>): Done {
  if (onOwnSnapshot(context, input.ticket, input.offer, input.at)) return;
  const served = context.snapshots.serving.get(input.ticket);
  if (served?.kind !== 'offer') return context.ignore('stale-ticket');
  context.snapshots.serving.delete(input.ticket);
  const { snapshots } = context;
  const { at } = input;
  if (at !== null) hold(context, at);
  const { to, request, from, epoch, isRepeated } = served;
  if (input.offer !== null) snapshots.proved = { offer: input.offer, epoch };
  const offer = input.offer ?? earlierOffer(context, from, epoch);
  if (at !== null && offer === null && !isRepeated) {
    // Made just now, of everything that is applied: the next entry proves it.
    snapshots.waiting.set(to, { request, from, epoch, at });
    context.changed = true;
    return;
  }
  if (offer !== null) spend(context, to, sizeOf(offer));
  context.send(to, { type: 'snapshot-offer', request, offer });
}

export function onChunkRequest(
  context: CoreContext,
  from: NodeId,
  message: Message<'chunk-request'>,
): Done {
  const { request, chunk, entry } = message;
  const { snapshots, options } = context;
  if (isServing(context, from, 'chunk') >= MAX_SERVED_CHUNKS) {
    return context.ignore('too-many-chunk-requests');
  }
  if (!mayAsk(context, from)) return context.ignore('fetches-too-much');
  if (options.snapshots !== true) {
    return context.send(from, { type: 'chunk', request, chunk, bytes: null });
  }
  spend(context, from, MAX_CHUNK_BYTES);
  if (snapshots.held !== null) hold(context, snapshots.held.at);
  const ticket = context.ticket();
  snapshots.serving.set(ticket, { kind: 'chunk', to: from, request, chunk });
  context.emit({ type: 'read-chunk', ticket, entry, chunk });
}

export function onChunkRead(context: CoreContext, { ticket, bytes }: Input<'chunk-read'>): Done {
  const served = context.snapshots.serving.get(ticket);
  if (served?.kind !== 'chunk') return context.ignore('stale-ticket');
  context.snapshots.serving.delete(ticket);
  const { request, chunk } = served;
  context.send(served.to, { type: 'chunk', request, chunk, bytes });
}

function hold(context: CoreContext, at: LogIndex): void {
  const until = context.now + HOLD_TIMEOUTS * context.options.timing.fetchTimeout;
  context.snapshots.held = { at, until };
}

function isServing(context: CoreContext, to: NodeId, kind: 'offer' | 'chunk'): number {
  let count = 0;
  for (const served of context.snapshots.serving.values()) {
    if (served.to === to && served.kind === kind) count += 1;
  }
  return count;
}

/** BFT: asking must not cost a liar less than answering costs this node. */
function mayAsk(context: CoreContext, from: NodeId): boolean {
  if (context.crashModel === 'CFT') return true;
  return context.peers.get(from)?.fetches.isLeft(context.now) !== false;
}

function spend(context: CoreContext, to: NodeId, bytes: number): void {
  if (context.crashModel === 'BFT') context.peers.get(to)?.fetches.spend(bytes);
}

function sizeOf({ manifest, base, next }: SnapshotOffer): number {
  const payloads = [base, ...next].reduce((sum, { payload }) => sum + payload.length, 0);
  return payloads + manifest.chunks.length * OFFER_BYTES_PER_CHUNK;
}
