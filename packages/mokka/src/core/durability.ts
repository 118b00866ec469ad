/**
 * Rule *durability*: writes go out in order, each an atomic transaction, and what depends on them leaves only after the
 * host reports them synced.
 */
import { encodeCertificate } from '../codec/certificate-codec.ts';
import { encodeEntry } from '../codec/entry-codec.ts';
import { encodeMessage } from '../codec/message-codec.ts';
import { encodeBinding, encodeTerm, encodeVote } from '../codec/record-codec.ts';
import type { StorageOperation } from '../storage/storage.ts';
import type { CommitCertificate } from './certificate.ts';
import type { AfterSync, CoreContext } from './context.ts';
import type { Entry } from './entry.ts';
import type { TermVoteMessage } from './message.ts';
import type { TermBinding } from './restored-state.ts';
import type { Vote } from './statements.ts';
import type { LogIndex } from './types.ts';

/** Names of the storage's records. */
export const RECORDS = {
  /** Cluster, key and root that the store was created for. */
  identity: 'identity',
  term: 'term',
  termVote: 'term-vote',
  binding: 'binding',
  /** BFT: the certificate of the own lock. */
  lock: 'lock',
} as const;

/** Votes below the committed entry are deleted in steps of this many entries. */
const VOTE_PRUNING_STEP = 256;

/** Asks for one transaction; `after` happens once it is synced. Certificates that wait for a write ride along. */
export function persist(
  context: CoreContext,
  operations: readonly StorageOperation[],
  after: readonly AfterSync[],
): void {
  const ticket = context.ticket();
  const all = [...operations];
  all.push(...context.unsavedCertificates.map(putCertificate));
  context.unsavedCertificates = [];
  const floor = context.log.committed.index;
  if (floor >= context.prunedVotesBelow + VOTE_PRUNING_STEP) {
    context.prunedVotesBelow = floor;
    all.push({ type: 'delete-below', table: 'votes', below: floor });
    if (context.crashModel === 'BFT') {
      all.push({ type: 'delete-below', table: 'commit-votes', below: floor });
    }
  }
  all.push(...changedLock(context));
  context.writes.push({ ticket, after });
  context.emit({ type: 'persist', ticket, operations: all });
}

/** Rule *lock*: whatever changes the lock, or what it rests on in the log, is stored with the lock that is left. */
function changedLock({ preparation }: CoreContext): StorageOperation[] {
  const { certificate, saved } = preparation;
  if (certificate === saved) return [];
  preparation.saved = certificate;
  if (certificate === null) return [{ type: 'delete-record', name: RECORDS.lock }];
  return [{ type: 'put-record', name: RECORDS.lock, value: encodeCertificate(certificate) }];
}

/**
 * The log dropped its entries above `index`: what their writes would have enabled must not happen, for their deletion is on
 * its way to the disk behind them, even where the same entry is stored again after that.
 */
export function forgetWritesAbove(context: CoreContext, index: LogIndex): void {
  for (const write of context.writes) {
    write.after = write.after.filter((after) => indexOf(after) <= index);
  }
}

function indexOf(after: AfterSync): number {
  switch (after.type) {
    case 'synced':
      return after.id.index;
    case 'vote':
      return after.vote.index;
    case 'propose':
      return after.entry.index;
    case 'term-vote':
    case 'snapshot-recorded':
    case 'pruned':
      return 0;
  }
}

/** Writes certificates that no other write took along. */
export function flushCertificates(context: CoreContext): void {
  if (context.unsavedCertificates.length > 0) persist(context, [], []);
}

/** When waiting certificates are written at the latest. */
export function certificateDeadline(context: CoreContext): number {
  if (context.unsavedCertificates.length === 0) return Number.POSITIVE_INFINITY;
  return context.unsavedSince + context.options.timing.certificateDelay;
}

export function putCertificate(certificate: CommitCertificate): StorageOperation {
  const value = encodeCertificate(certificate);
  return { type: 'put', table: 'certificates', key: certificate.index, value };
}

export function putEntry(entry: Entry): StorageOperation[] {
  const operations: StorageOperation[] = [
    { type: 'put', table: 'entries', key: entry.index, value: encodeEntry(entry) },
  ];
  if (entry.kind === 'term-start') {
    operations.push({ type: 'put', table: 'proofs', key: entry.term, value: entry.payload });
  }
  // Rule *snapshot*: membership entries outlive what is pruned.
  if (entry.kind === 'membership') {
    operations.push({
      type: 'put',
      table: 'memberships',
      key: entry.index,
      value: encodeEntry(entry),
    });
  }
  return operations;
}

export function deleteEntriesFrom(index: number): StorageOperation[] {
  return [
    { type: 'delete-from', table: 'entries', from: index },
    { type: 'delete-from', table: 'memberships', from: index },
  ];
}

export function putVote(vote: Vote): StorageOperation {
  return { type: 'put', table: 'votes', key: vote.index, value: encodeVote(vote) };
}

export function putCommitVote(vote: Vote): StorageOperation {
  return { type: 'put', table: 'commit-votes', key: vote.index, value: encodeVote(vote) };
}

export function putTerm(context: CoreContext): StorageOperation {
  const value = encodeTerm(context.term, context.epoch);
  return { type: 'put-record', name: RECORDS.term, value };
}

export function putTermVote(message: TermVoteMessage): StorageOperation {
  return { type: 'put-record', name: RECORDS.termVote, value: encodeMessage(message) };
}

export function putBinding(binding: TermBinding): StorageOperation {
  return { type: 'put-record', name: RECORDS.binding, value: encodeBinding(binding) };
}
