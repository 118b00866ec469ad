/**
 * Rule *snapshot*: the log goes on from a snapshot's entry. What is stored and leads through that entry stays; anything else
 * is replaced by the entries that prove the snapshot.
 */
import { RECORDED_SNAPSHOT } from '../codec/snapshot-codec.ts';
import type { StorageOperation } from '../storage/storage.ts';
import { commitTo, mergeChain } from './committing.ts';
import type { CoreContext, Done } from './context.ts';
import { deleteEntriesFrom, persist, putEntry, putTerm } from './durability.ts';
import type { Entry } from './entry.ts';
import { dropAbove } from './leadership.ts';
import { putPruning } from './pruning.ts';
import type { SnapshotOffer } from './snapshot-exchange.ts';
import type { EntryId, LogIndex } from './types.ts';

/** Why the log can not go on from this snapshot: only more than f faults lead there; null when it can. */
export function refusalToInstall(
  { log }: CoreContext,
  { base, certificate }: SnapshotOffer,
): string | null {
  if (log.contains(base)) return null;
  if (base.index <= log.committed.index) {
    return log.conflicts(base) ? `entry ${base.index} is committed as another one` : null;
  }
  if (log.tip.term <= certificate.term) return null;
  return `entry ${log.tip.index} is of a later term than an agreed chain that conflicts with it`;
}

/** The application is at the snapshot. */
export function installSnapshot(context: CoreContext, offer: SnapshotOffer): Done {
  const { log } = context;
  const { base, certificate, manifest } = offer;
  const refusal = refusalToInstall(context, offer);
  if (refusal !== null) return context.halt('conflicting-commit', refusal);
  const isOurs = log.contains(base) || base.index <= log.committed.index;
  if (isOurs) {
    const added = offer.next.filter(({ index }) => index > log.committed.index);
    if (!mergeChain(context, added, certificate.term, certificate)) return;
    commitTo(context, certificate);
    persist(context, [forgetRecord()], []);
  } else {
    replaceLog(context, offer);
  }
  const { execution } = context;
  const { index, hash } = base;
  execution.cursor = { index, hash };
  execution.digest = manifest.stateDigest;
  execution.request = null;
  execution.refused = null;
  execution.digests.clear();
  execution.digests.set(index, manifest.stateDigest);
  execution.applied = index;
  context.event({ type: 'snapshot', entry: { index, hash } });
  context.changed = true;
}

function replaceLog(context: CoreContext, { base, next, certificate }: SnapshotOffer): Done {
  const { log, pruning, incoming } = context;
  dropAbove(context, log.committed);
  const { index, hash, term, timestamp } = base;
  log.rebase({ id: { index, hash }, term, timestamp, certificate: null }, next);
  for (const waiting of incoming.keys()) {
    if (waiting <= certificate.index) incoming.delete(waiting);
  }
  pruning.lowest = index;
  const operations = replacingOperations(base, next);
  // With the term, as whenever entries are dropped.
  operations.push(putTerm(context.term), putPruning(pruning), forgetRecord());
  commitTo(context, certificate);
  const last: EntryId = { index: certificate.index, hash: certificate.hash };
  persist(context, operations, [{ type: 'synced', id: last }]);
}

/** The store's log goes on from `base`; entries below it are left to pruning. */
export function replacingOperations(base: Entry, next: readonly Entry[]): StorageOperation[] {
  return [deleteEntriesFrom(base.index), ...putEntry(base), ...next.flatMap(putEntry)];
}

/** The store's log leads through the snapshot's entry: only what differs above it is replaced. */
export function extendingOperations(
  next: readonly Entry[],
  stored: (index: LogIndex) => string | undefined,
): StorageOperation[] {
  const at = next.findIndex(({ index, hash }) => stored(index) !== hash);
  const first = next[at];
  if (first === undefined) return [];
  return [deleteEntriesFrom(first.index), ...next.slice(at).flatMap(putEntry)];
}

export function forgetRecord(): StorageOperation {
  return { type: 'delete-record', name: RECORDED_SNAPSHOT };
}
