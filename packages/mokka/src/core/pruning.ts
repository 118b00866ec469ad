/**
 * Rule *snapshot*: entries far below what is applied are deleted where the operator wants that, with their certificates and leader
 * proofs, a bounded number at a time. What tells the members of each epoch is never deleted.
 */
import { encodePruning } from '../codec/snapshot-codec.ts';
import type { StorageOperation } from '../storage/storage.ts';
import type { CoreContext, Done } from './context.ts';
import { persist, putCertificate } from './durability.ts';
import type { Entry } from './entry.ts';
import type { SnapshotOffer } from './snapshot-exchange.ts';
import type { Epoch, LogIndex, Ticket } from './types.ts';

/** Name of the record. */
export const PRUNING_RECORD = 'pruning';
/** Entries deleted in one transaction. */
const PRUNING_STEP = 256;

/** Fetch timeouts until a snapshot that could not be made is tried again. */
const MAKE_PAUSE_TIMEOUTS = 30;
/** However long snapshots are being given, not more than so many times the entries are kept. */
const MAX_HELD = 100;

/** What a node keeps of its log: everything, or at least this many applied entries. */
export type Retention = 'archive' | { readonly entries: number };

/** Throws RangeError for what can not be kept, and without snapshots, which whoever lacks what is deleted needs. */
export function checkRetention(retention: Retention, snapshots: boolean): void {
  if (retention === 'archive') return;
  if (!snapshots) throw new RangeError('only logs of applications with snapshots can be pruned');
  if (!Number.isSafeInteger(retention.entries) || retention.entries < 1) {
    throw new RangeError('retention is "archive" or a whole number of entries, 1 or more');
  }
}

/** How far the log is deleted, as it is stored. */
export interface PrunedLog {
  /** The first index that is kept; 1 when nothing is pruned. Not beyond what is applied. */
  readonly lowest: LogIndex;
  /** Up to here it is deleted already; behind `lowest` after a snapshot took the place of the log. */
  readonly deletedBelow: number;
}

export interface Pruning {
  lowest: LogIndex;
  deletedBelow: number;
  /** The entry up to which is deleted next is being read: its term tells which proofs go. */
  reading: { readonly ticket: Ticket; readonly below: number } | null;
  /** Where the newest snapshot of this node was made, as far as it knows. */
  own: LogIndex | null;
  /** The one that is being made. */
  making: Ticket | null;
  /** None is made before, since one could not be made. */
  makeAt: number;
  isWriting: boolean;
}

export const NOTHING_PRUNED: PrunedLog = { lowest: 1 as LogIndex, deletedBelow: 1 };

export function newPruning(stored: PrunedLog): Pruning {
  return { ...stored, reading: null, own: null, making: null, makeAt: 0, isWriting: false };
}

export function drivePruning(context: CoreContext): Done {
  const { pruning } = context;
  makeSnapshot(context);
  if (pruning.reading !== null || pruning.isWriting) return;
  const target = targetOf(context);
  if (target <= pruning.deletedBelow) return;
  const below = Math.min(target, pruning.deletedBelow + PRUNING_STEP) as LogIndex;
  const ticket = context.ticket();
  pruning.reading = { ticket, below };
  context.emit({ type: 'read-entries', ticket, from: below, to: below, maxBytes: 1 });
}

/**
 * Whoever lacks what is pruned needs a snapshot, and the votes that would prove a new one may be its own: so nothing above a snapshot
 * of this node is deleted, and one that took the place of its log makes one at once.
 */
function makeSnapshot(context: CoreContext): Done {
  const { pruning, options, log, now, execution } = context;
  if (options.snapshots !== true || pruning.making !== null || now < pruning.makeAt) return;
  const own = pruning.own ?? 0;
  const isMissing = pruning.lowest > 1 && own < pruning.lowest;
  const next = pruning.lowest + stepOf(context);
  const isWanted = keptFrom(context) >= next && own < next;
  const isUnproved = isPruning(context) && own > provedAt(context) && isProvable(context, own);
  const isNeeded = isMissing || isWanted || isUnproved;
  if (!isNeeded || execution.applied < pruning.lowest) return;
  const ticket = context.ticket();
  pruning.making = ticket;
  // What proves the last one is read before a newer one takes its place.
  const made = isMissing ? pruning.lowest : next;
  const minimum = (isUnproved ? own : made) as LogIndex;
  const { certificate: newest } = log;
  const { index: committed } = log.committed;
  context.emit({ type: 'offer-snapshot', ticket, minimum, committed, epoch: 0 as Epoch, newest });
}

/** The application made, or has, a snapshot, or it could not; false when the ticket is not of this. */
export function onOwnSnapshot(
  context: CoreContext,
  ticket: Ticket,
  offer: SnapshotOffer | null,
  at: LogIndex | null,
): boolean {
  const { pruning, snapshots, now, options } = context;
  if (at !== null) pruning.own = Math.max(pruning.own ?? 0, at) as LogIndex;
  if (pruning.making !== ticket) return false;
  pruning.making = null;
  if (at === null || (offer === null && isProvable(context, at))) {
    pruning.makeAt = now + MAKE_PAUSE_TIMEOUTS * options.timing.fetchTimeout;
  }
  if (offer !== null) snapshots.proved = { offer, epoch: 0 as Epoch };
  context.changed = true;
  return true;
}

function isPruning({ options, pruning }: CoreContext): boolean {
  return pruning.lowest > 1 || (options.retention ?? 'archive') !== 'archive';
}

/** The entry above is committed and on disk. */
function isProvable({ log }: CoreContext, at: number): boolean {
  return at < log.committed.index && log.committed.index <= log.syncedIndex;
}

function provedAt({ snapshots }: CoreContext): number {
  return snapshots.proved?.offer.base.index ?? 0;
}

function keptFrom({ options, execution }: CoreContext): number {
  const { retention = 'archive' } = options;
  return retention === 'archive' ? 0 : execution.applied - retention.entries + 1;
}

/** In steps, so that not every entry that is applied costs a transaction. */
function stepOf({ options }: CoreContext): number {
  const { retention = 'archive' } = options;
  return retention === 'archive' ? PRUNING_STEP : Math.min(PRUNING_STEP, retention.entries);
}

/** What is below may go. */
function targetOf(context: CoreContext): number {
  const { options, execution, pruning, snapshots, now, log } = context;
  const { retention = 'archive' } = options;
  const { own } = pruning;
  // Only the entry above proves a snapshot.
  if (retention === 'archive' || own === null || own >= log.committed.index) return pruning.lowest;
  const { held } = snapshots;
  const isHeld = held !== null && now < held.until;
  const kept = Math.min(keptFrom(context), own);
  const most = execution.applied - MAX_HELD * retention.entries;
  const lowest = isHeld ? Math.min(kept, Math.max(held.at, most)) : kept;
  return lowest >= pruning.lowest + stepOf(context) ? lowest : pruning.lowest;
}

/** The disk answered; false when the ticket is not of this. */
export function onPruningRead(
  context: CoreContext,
  ticket: Ticket,
  entries: readonly Entry[],
): boolean {
  const { pruning } = context;
  const { reading } = pruning;
  if (reading === null || reading.ticket !== ticket) return false;
  const { below } = reading;
  pruning.reading = null;
  pruning.isWriting = true;
  pruning.deletedBelow = below;
  pruning.lowest = Math.max(pruning.lowest, below) as LogIndex;
  const operations: StorageOperation[] = [
    { type: 'delete-below', table: 'entries', below },
    { type: 'delete-below', table: 'certificates', below },
    // What tells the members of each epoch stays.
    ...context.epochs.certificatesBelow(below).map(putCertificate),
  ];
  // None where a snapshot left a gap; its proofs go with the entries above.
  const [kept] = entries;
  if (kept !== undefined)
    operations.push({ type: 'delete-below', table: 'proofs', below: kept.term });
  operations.push(putPruning(pruning));
  persist(context, operations, [{ type: 'pruned' }]);
  return true;
}

export function onPruned(context: CoreContext): Done {
  context.pruning.isWriting = false;
  context.changed = true;
}

export function putPruning({ lowest, deletedBelow }: PrunedLog): StorageOperation {
  const value = encodePruning({ lowest, deletedBelow });
  return { type: 'put-record', name: PRUNING_RECORD, value };
}
