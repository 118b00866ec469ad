/**
 * Rule *snapshot*: the log goes on from a snapshot's entry. What is stored and leads through that entry stays; anything else
 * is replaced by the entries that prove the snapshot.
 */
import { encodeEntry } from '../codec/entry-codec.ts';
import { RECORDED_SNAPSHOT, type SnapshotProof } from '../codec/snapshot-codec.ts';
import type { StorageOperation } from '../storage/storage.ts';
import { commitTo, mergeChain } from './committing.ts';
import type { CoreContext, Done } from './context.ts';
import { deleteEntriesFrom, persist, putCertificate, putEntry, putTerm } from './durability.ts';
import type { Entry } from './entry.ts';
import { beginEpoch } from './epoch-change.ts';
import { dropAbove } from './leadership.ts';
import { putPruning } from './pruning.ts';
import type { CertifiedMembership, SnapshotOffer } from './snapshot-exchange.ts';
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
    // The entry that ended the present epoch may be among those that were not known to be committed.
    for (const membership of offer.memberships) commitTo(context, membership.certificate);
    const added = offer.next.filter(({ index }) => index > log.committed.index);
    if (!mergeChain(context, added, certificate.term, certificate)) return;
    commitTo(context, certificate);
    persist(context, [...membershipOperations(offer.memberships), forgetRecord()], []);
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

function replaceLog(context: CoreContext, offer: SnapshotOffer): Done {
  const { base, next, certificate, memberships } = offer;
  const { log, pruning, incoming } = context;
  const dropped = deleteEntriesFrom(log.committed.index + 1);
  dropAbove(context, log.committed);
  const { index, hash, term, timestamp } = base;
  log.rebase({ id: { index, hash }, term, timestamp, certificate: null }, next);
  for (const waiting of incoming.keys()) {
    if (waiting <= certificate.index) incoming.delete(waiting);
  }
  pruning.lowest = index;
  const operations = [...dropped, ...replacingOperations(offer), putPruning(pruning)];
  // Rule *membership*: as if each had been committed in its place.
  for (const { entry, certificate: ended } of memberships) {
    if (entry.epoch < context.epoch) continue;
    beginEpoch(context, entry, ended);
    if (context.halted !== null) return;
  }
  commitTo(context, certificate);
  // With the term, as whenever entries are dropped.
  operations.push(putTerm(context), forgetRecord());
  const last: EntryId = { index: certificate.index, hash: certificate.hash };
  persist(context, operations, [{ type: 'synced', id: last }]);
}

/** The store's log goes on from `base`; entries below it are left to pruning. */
export function replacingOperations(proof: SnapshotProof): StorageOperation[] {
  const { base, next, memberships } = proof;
  return [
    ...deleteEntriesFrom(base.index),
    ...membershipOperations(memberships),
    ...putEntry(base),
    ...next.flatMap(putEntry),
  ];
}

/** Rule *snapshot*: what tells the members of an epoch is kept for good. */
export function membershipOperations(
  memberships: readonly CertifiedMembership[],
): StorageOperation[] {
  return memberships.flatMap(({ entry, certificate }): StorageOperation[] => [
    { type: 'put', table: 'memberships', key: entry.index, value: encodeEntry(entry) },
    putCertificate(certificate),
  ]);
}

/** The store's log leads through the snapshot's entry: only what differs above it is replaced. */
export function extendingOperations(
  next: readonly Entry[],
  stored: (index: LogIndex) => string | undefined,
): StorageOperation[] {
  const at = next.findIndex(({ index, hash }) => stored(index) !== hash);
  const first = next[at];
  if (first === undefined) return [];
  return [...deleteEntriesFrom(first.index), ...next.slice(at).flatMap(putEntry)];
}

export function forgetRecord(): StorageOperation {
  return { type: 'delete-record', name: RECORDED_SNAPSHOT };
}
