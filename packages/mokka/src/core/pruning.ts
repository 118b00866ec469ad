/**
 * Rule *snapshot*: entries far below what is applied are deleted where the operator wants that, with their certificates and leader
 * proofs, a bounded number at a time. What tells the members of each epoch is never deleted.
 */
import { encodePruning } from '../codec/snapshot-codec.ts';
import type { StorageOperation } from '../storage/storage.ts';
import type { CoreContext, Done } from './context.ts';
import { persist } from './durability.ts';
import type { Entry } from './entry.ts';
import type { LogIndex, Ticket } from './types.ts';

/** Name of the record. */
export const PRUNING_RECORD = 'pruning';
/** Entries deleted in one transaction. */
const PRUNING_STEP = 256;

/** However long snapshots are being given, not more than so many times the entries are kept. */
const MAX_HELD = 100;

/** What a node keeps of its log: everything, or at least this many applied entries. */
export type Retention = 'archive' | { readonly entries: number };

/** Throws RangeError for what can not be kept. */
export function checkRetention(retention: Retention): void {
  if (retention === 'archive') return;
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
  isWriting: boolean;
}

export const NOTHING_PRUNED: PrunedLog = { lowest: 1 as LogIndex, deletedBelow: 1 };

export function newPruning(stored: PrunedLog): Pruning {
  return { ...stored, reading: null, isWriting: false };
}

export function drivePruning(context: CoreContext): Done {
  const { pruning } = context;
  if (pruning.reading !== null || pruning.isWriting) return;
  const target = targetOf(context);
  if (target <= pruning.deletedBelow) return;
  const below = Math.min(target, pruning.deletedBelow + PRUNING_STEP) as LogIndex;
  const ticket = context.ticket();
  pruning.reading = { ticket, below };
  context.emit({ type: 'read-entries', ticket, from: below, to: below, maxBytes: 1 });
}

/** What is below may go; in steps, so that not every entry that is applied costs a transaction. */
function targetOf({ options, execution, pruning, snapshots, now }: CoreContext): number {
  const { retention = 'archive' } = options;
  if (retention === 'archive') return pruning.lowest;
  const { held } = snapshots;
  const isHeld = held !== null && now < held.until;
  const kept = execution.applied - retention.entries + 1;
  const most = execution.applied - MAX_HELD * retention.entries;
  const lowest = isHeld ? Math.min(kept, Math.max(held.at, most)) : kept;
  const step = Math.min(PRUNING_STEP, retention.entries);
  return lowest >= pruning.lowest + step ? lowest : pruning.lowest;
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
