/**
 * What happens around a core's start: creating a store, and reading back from it what the core needs. Reads the records and
 * what is uncommitted, never the whole log.
 */
import type { ApplicationInfo } from '../application.ts';
import { decodeCertificate, decodeLockCertificate } from '../codec/certificate-codec.ts';
import { decodeEntry } from '../codec/entry-codec.ts';
import { decodeEvidence } from '../codec/evidence-codec.ts';
import { decodeMembership } from '../codec/membership-codec.ts';
import { decodeMessage } from '../codec/message-codec.ts';
import {
  decodeBinding,
  decodeStoreIdentity,
  decodeTerm,
  decodeVote,
  encodeStoreIdentity,
  type StoreIdentity,
} from '../codec/record-codec.ts';
import type { Certificate, CommitCertificate } from '../core/certificate.ts';
import { RECORDS } from '../core/durability.ts';
import type { Entry } from '../core/entry.ts';
import type { EpochBeginning } from '../core/epochs.ts';
import type { LogBase } from '../core/log.ts';
import type { TermVoteMessage } from '../core/message.ts';
import type { CoreOptions } from '../core/options.ts';
import type { RestoredState } from '../core/restored-state.ts';
import type { Vote } from '../core/statements.ts';
import type { EntryId, LogIndex, Term } from '../core/types.ts';
import { compareLocks } from '../core/verification.ts';
import type { NumberedTable, RangeLimits, Storage } from '../storage/storage.ts';
import { completeSnapshot, storedPruning } from './snapshot-completion.ts';

/** One read of a range. */
const READ_LIMITS: RangeLimits = { maxCount: 256, maxBytes: 4 * 1024 * 1024 };

export type RestoreErrorCode =
  /** The store was never created, or was emptied. Rule *durability*: such a node must not vote. */
  | 'store-not-created'
  /** `createStore` on a store that holds something. */
  | 'store-not-empty'
  /** The store belongs to another cluster, key or genesis. */
  | 'store-of-another'
  /** The log and the application's state contradict each other, or entries are missing. */
  | 'store-damaged';

/** The store can not be used as it is. */
export class RestoreError extends Error {
  override readonly name = 'RestoreError';
  readonly code: RestoreErrorCode;

  constructor(code: RestoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Creates the store of a validator: once, before its first start, and never again for the same key. Throws
 * {@link RestoreError} `store-not-empty`.
 */
export async function createStore(storage: Storage, identity: StoreIdentity): Promise<void> {
  if ((await storage.records()).size > 0 || (await storage.lastKey('entries')) !== undefined) {
    throw new RestoreError('store-not-empty', 'the store already belongs to a node');
  }
  const value = encodeStoreIdentity(identity);
  await storage.write([{ type: 'put-record', name: RECORDS.identity, value }]);
}

/** Whether `createStore` was run on this storage. */
export async function isStoreCreated(storage: Storage): Promise<boolean> {
  return (await storage.record(RECORDS.identity)) !== undefined;
}

/** Throws {@link RestoreError}, or `DecodeError` when stored bytes are damaged. */
export async function restoreCore(
  storage: Storage,
  application: ApplicationInfo,
  options: CoreOptions,
): Promise<RestoredState> {
  checkIdentity(await storage.record(RECORDS.identity), options);
  await completeSnapshot(storage, application);
  const records = await storage.records();
  const lastIndex = ((await storage.lastKey('entries')) ?? 0) as LogIndex;
  const { named, ahead } = await restoreCertificates(storage, application, lastIndex);
  const base = await restoreBase(storage, application, options, named, lastIndex);
  const epochs = await restoreEpochs(storage, base);
  const tail = await restoreTail(storage, base, lastIndex);
  const votes = await readAll(storage, 'votes', base.id.index + 1, decodeVote);
  const commitVotes = await readAll(storage, 'commit-votes', base.id.index + 1, decodeVote);
  const evidence = await readAll(storage, 'evidence', 0, decodeEvidence);
  const lockRecord = records.get(RECORDS.lock);
  const savedLockCertificate = lockRecord === undefined ? null : decodeLockCertificate(lockRecord);
  const pruned = await storedPruning(storage);
  const termRecord = records.get(RECORDS.term);
  const termVote = restoreTermVote(records.get(RECORDS.termVote));
  const bindingRecord = records.get(RECORDS.binding);
  const tipTerm = tail[tail.length - 1]?.term ?? base.term;
  // Rule *membership*: terms go on from the entry that began the epoch, whatever was promised before.
  const known = [
    termRecord === undefined ? null : decodeTerm(termRecord),
    termVote?.termVote ?? null,
  ].map((record) => (record?.epoch === epochs.length ? record.term : 0));
  const term = Math.max(...known, tipTerm) as Term;
  // The certificate that ended the epoch before may be of a later term than any of this one, and counts for nothing in it.
  const locks = [savedLockCertificate, named].filter(
    (certificate) => certificate?.epoch === epochs.length,
  );
  return {
    term,
    termVote,
    lockSuperseded: termVote !== null && !(await holdsLock(storage, termVote)),
    binding: bindingRecord === undefined ? null : decodeBinding(bindingRecord),
    epochs,
    base,
    tail,
    votes: votes.map(({ value }): Vote => value),
    commitVotes: commitVotes.map(({ value }): Vote => value),
    savedLockCertificate,
    lockCertificate: options.crashModel === 'CFT' ? null : await restoreLock(storage, locks),
    evidence: evidence.map(({ value }) => value),
    ahead,
    ...(pruned === null ? {} : { pruned }),
    applied:
      application.applied.index === 0
        ? { index: application.applied.index, hash: options.rootHash }
        : application.applied,
    stateDigest: application.stateDigest,
  };
}

function checkIdentity(record: Uint8Array | undefined, options: CoreOptions): void {
  if (record === undefined) {
    throw new RestoreError(
      'store-not-created',
      'the store is empty: create it once with createStore; a validator whose store was lost comes back under a new key',
    );
  }
  const identity = decodeStoreIdentity(record);
  const differs = (['clusterId', 'self', 'rootHash', 'crashModel'] as const).find(
    (field) => identity[field] !== options[field],
  );
  if (differs !== undefined) {
    throw new RestoreError(
      'store-of-another',
      `the store was created with ${differs} ${identity[differs]}, this node has ${options[differs]}`,
    );
  }
}

/**
 * The highest certificate whose entry is stored, and a higher one whose entry is not.
 *
 * The storage's may lag behind the application's. That one may be ahead of the log, and then entries that conflict with it may
 * still be stored: it is handed over with the entries it covers, while those up to it are on their way to the disk.
 */
async function restoreCertificates(
  storage: Storage,
  application: ApplicationInfo,
  lastIndex: LogIndex,
): Promise<{ named: CommitCertificate | null; ahead: CommitCertificate | null }> {
  const lastKey = await storage.lastKey('certificates');
  const bytes = lastKey === undefined ? undefined : await storage.get('certificates', lastKey);
  const stored = bytes === undefined ? null : decodeCertificate(bytes);
  const given =
    application.certificate === null ? null : decodeCertificate(application.certificate);
  if (given === null || given.index <= (stored?.index ?? 0)) return { named: stored, ahead: null };
  const isAhead =
    given.index > lastIndex ||
    (given.index > application.applied.index &&
      (await readEntry(storage, given.index)).hash !== given.hash);
  return isAhead ? { named: stored, ahead: given } : { named: given, ahead: null };
}

async function restoreBase(
  storage: Storage,
  application: ApplicationInfo,
  options: CoreOptions,
  named: CommitCertificate | null,
  lastIndex: LogIndex,
): Promise<LogBase> {
  const { applied } = application;
  if (applied.index > lastIndex) {
    throw new RestoreError(
      'store-damaged',
      `the application is at entry ${applied.index}, the log ends at ${lastIndex}`,
    );
  }
  const index = Math.max(named?.index ?? 0, applied.index) as LogIndex;
  if (index === 0) {
    return {
      id: { index, hash: options.rootHash },
      term: 0 as Term,
      timestamp: 0,
      certificate: null,
    };
  }
  const entry = await readEntry(storage, index);
  const expected = named?.index === index ? named.hash : applied.hash;
  const below =
    applied.index === 0 || applied.index === index ? null : await readEntry(storage, applied.index);
  if (entry.hash !== expected || (below !== null && below.hash !== applied.hash)) {
    throw new RestoreError('store-damaged', `entry ${index} is not the committed one`);
  }
  return {
    id: { index, hash: entry.hash },
    term: entry.term,
    timestamp: entry.timestamp,
    // One that is below what is applied does not speak for it.
    certificate: named?.index === index ? named : null,
  };
}

/** Every membership entry up to the committed one, with the certificate that names it. */
async function restoreEpochs(storage: Storage, base: LogBase): Promise<EpochBeginning[]> {
  const stored = await readAll(storage, 'memberships', 1, decodeEntry);
  const epochs: EpochBeginning[] = [];
  for (const { key, value: entry } of stored) {
    if (key > base.id.index) continue;
    const bytes = await storage.get('certificates', key);
    const certificate =
      bytes === undefined && base.id.index === key ? base.certificate : decodeStored(bytes);
    if (certificate?.hash !== entry.hash || entry.epoch !== epochs.length) {
      throw new RestoreError('store-damaged', `membership entry ${key} has no certificate`);
    }
    epochs.push({ entry, members: decodeMembership(entry.payload).members, certificate });
  }
  return epochs;
}

function decodeStored(bytes: Uint8Array | undefined): CommitCertificate | null {
  return bytes === undefined ? null : decodeCertificate(bytes);
}

async function readEntry(storage: Storage, index: LogIndex): Promise<Entry> {
  const bytes = await storage.get('entries', index);
  if (bytes === undefined) throw new RestoreError('store-damaged', `entry ${index} is missing`);
  return decodeEntry(bytes);
}

async function restoreTail(storage: Storage, base: LogBase, lastIndex: LogIndex): Promise<Entry[]> {
  const read = await readAll(storage, 'entries', base.id.index + 1, decodeEntry);
  let parent: { index: number; hash: string } = base.id;
  for (const { value: entry } of read) {
    if (entry.index !== parent.index + 1 || entry.parentHash !== parent.hash) {
      throw new RestoreError('store-damaged', `entry ${entry.index} does not follow its parent`);
    }
    parent = entry;
  }
  if (parent.index !== lastIndex) {
    throw new RestoreError('store-damaged', `entries above ${parent.index} are missing`);
  }
  return read.map(({ value }) => value);
}

async function readAll<T>(
  storage: Storage,
  table: NumberedTable,
  from: number,
  decode: (bytes: Uint8Array) => T,
): Promise<{ key: number; value: T }[]> {
  const all: { key: number; value: T }[] = [];
  let next = from;
  for (;;) {
    const batch = await storage.range(table, next, Number.MAX_SAFE_INTEGER, READ_LIMITS);
    for (const { key, value } of batch) all.push({ key, value: decode(value) });
    const last = batch[batch.length - 1];
    if (last === undefined) return all;
    next = last.key + 1;
  }
}

/** Rule *lock*: the highest certificate whose entry is stored. One whose entry was dropped no longer counts. */
async function restoreLock(
  storage: Storage,
  candidates: readonly (Certificate | null)[],
): Promise<Certificate | null> {
  let highest: Certificate | null = null;
  for (const certificate of candidates) {
    if (certificate === null) continue;
    if (highest !== null && compareLocks(certificate, highest) <= 0) continue;
    if (await holdsEntry(storage, certificate)) highest = certificate;
  }
  return highest;
}

async function holdsLock(storage: Storage, message: TermVoteMessage): Promise<boolean> {
  const { lock } = message.termVote;
  return lock.index === 0 || holdsEntry(storage, lock);
}

async function holdsEntry(storage: Storage, id: EntryId): Promise<boolean> {
  const bytes = await storage.get('entries', id.index);
  return bytes !== undefined && decodeEntry(bytes).hash === id.hash;
}

function restoreTermVote(record: Uint8Array | undefined): TermVoteMessage | null {
  if (record === undefined) return null;
  const message = decodeMessage(record);
  if (message.type !== 'term-vote') {
    throw new RestoreError('store-damaged', 'the stored term vote is another message');
  }
  return message;
}
