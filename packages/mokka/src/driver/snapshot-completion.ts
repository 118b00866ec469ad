/**
 * Rule *snapshot* at start: a node that stopped between the moment at which its application took a snapshot and the one at which its
 * log followed completes that; one that stopped before goes on from the log it has.
 */
import type { ApplicationInfo } from '../application.ts';
import { decodeCertificate } from '../codec/certificate-codec.ts';
import { decodeEntry } from '../codec/entry-codec.ts';
import {
  decodePruning,
  decodeSnapshotRecord,
  RECORDED_SNAPSHOT,
  type SnapshotProof,
} from '../codec/snapshot-codec.ts';
import { putCertificate } from '../core/durability.ts';
import { NOTHING_PRUNED, PRUNING_RECORD, type PrunedLog, putPruning } from '../core/pruning.ts';
import {
  extendingOperations,
  forgetRecord,
  membershipOperations,
  replacingOperations,
} from '../core/snapshot-installation.ts';
import type { LogIndex } from '../core/types.ts';
import type { Storage, StorageOperation } from '../storage/storage.ts';

/** Throws `DecodeError` when the record is damaged. */
export async function completeSnapshot(
  storage: Storage,
  { applied }: ApplicationInfo,
): Promise<void> {
  const record = await storage.record(RECORDED_SNAPSHOT);
  if (record === undefined) return;
  const proof = decodeSnapshotRecord(record);
  const { base } = proof;
  const isTaken = applied.index === base.index && applied.hash === base.hash;
  const operations = isTaken ? await installing(storage, proof) : [];
  await storage.write([...operations, forgetRecord()]);
}

async function installing(storage: Storage, proof: SnapshotProof): Promise<StorageOperation[]> {
  const { base, next, certificate, memberships } = proof;
  const certified = putCertificate(certificate);
  const stored = new Map<number, string>();
  for (const { index } of [base, ...next]) {
    const bytes = await storage.get('entries', index);
    if (bytes !== undefined) stored.set(index, decodeEntry(bytes).hash);
  }
  if (stored.get(base.index) === base.hash) {
    return [
      ...extendingOperations(next, (index) => stored.get(index)),
      ...membershipOperations(memberships),
      certified,
    ];
  }
  const { deletedBelow } = (await storedPruning(storage)) ?? NOTHING_PRUNED;
  const pruned: PrunedLog = { lowest: base.index as LogIndex, deletedBelow };
  return [
    ...(await forgettingUncertified(storage)),
    ...replacingOperations(proof),
    certified,
    putPruning(pruned),
  ];
}

/** Membership entries of the log that is replaced which nobody certified. */
async function forgettingUncertified(storage: Storage): Promise<StorageOperation[]> {
  const limits = { maxCount: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
  const all = await storage.range('memberships', 0, Number.MAX_SAFE_INTEGER, limits);
  const operations: StorageOperation[] = [];
  for (const { key, value } of all) {
    const bytes = await storage.get('certificates', key);
    const isCertified =
      bytes !== undefined && decodeCertificate(bytes).hash === decodeEntry(value).hash;
    if (!isCertified) operations.push({ type: 'delete', table: 'memberships', key });
  }
  return operations;
}

/** How far the log is deleted; null when nothing is. */
export async function storedPruning(storage: Storage): Promise<PrunedLog | null> {
  const record = await storage.record(PRUNING_RECORD);
  return record === undefined ? null : decodePruning(record);
}
