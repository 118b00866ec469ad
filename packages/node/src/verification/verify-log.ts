/**
 * Verifies a log and the chain in it from the genesis file, without trusting whoever gave it; where its beginning is missing, from an
 * entry that the caller knows to be right. Looked at are every entry and hash
 * link, who led by what right, certificates by the validators of their epoch, changes of the members, and that the
 * payloads are one chain of blocks, with what development operations do to it. One entry after the other, in bounded memory. Blocks are not executed: their state and
 * receipts are what a quorum of validators signed.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Genesis } from '@praline/chain';
import { EntryChecker, type LogStart } from './entry-checker.ts';
import { LogInvalidError } from './log-invalid-error.ts';
import {
  type LogExtent,
  type LogRecord,
  type LogSource,
  UnreadableEntryError,
} from './log-source.ts';

/** Entries read at a time. */
const BATCH = 256;
/** Entries looked through behind the last for the certificate that covers it. */
const MAX_ENTRIES_TO_CERTIFICATE = 4_096;
/** Milliseconds between two reports of progress. */
const PROGRESS_INTERVAL_MS = 100;

export interface VerifyOptions {
  readonly genesis: Genesis;
  readonly source: LogSource;
  /**
   * An entry that the caller knows from elsewhere: keys that were retired since can not make another history. A log that does not begin
   * with entry 1 is verified by it alone, so there it must be one of the log, or the one before the first.
   */
  readonly trusted?: { readonly index: number; readonly hash: string };
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface VerifyProgress {
  readonly done: number;
  readonly total: number;
  readonly entriesPerSecond: number;
  readonly remainingSeconds: number;
}

/** What was shown to be true. */
export interface VerifiedLog {
  /** Entries looked at, all of them valid. */
  readonly entries: number;
  /** Index of the first of them; 1 unless the log began later and an entry of it was trusted. */
  readonly first: number;
  /** The last entry that a quorum signed; those above it may still be replaced. */
  readonly certified: { readonly index: number; readonly hash: string };
  /** The last block of the certified entries; null when a log that began later holds none. */
  readonly head: { readonly number: number; readonly hash: string } | null;
  /** Development operations among the entries: where there are any, states and blocks are what clients made of them. */
  readonly operations: number;
  readonly epoch: number;
  readonly validators: number;
  readonly seconds: number;
  readonly entriesPerSecond: number;
}

/** Throws `LogInvalidError`, or what the source throws when it can not be asked. */
export async function verifyLog(options: VerifyOptions): Promise<VerifiedLog> {
  const { source, genesis, onProgress } = options;
  const extent = await source.extent();
  requireStart(extent, options);
  const checker = new EntryChecker(
    genesis,
    (from) => read(source, from, BATCH),
    await startOf(extent, source),
  );
  compareTrusted(checker, options);
  const before = checker.last.index;
  const startedAt = performance.now();
  let reportAt = startedAt + PROGRESS_INTERVAL_MS;
  const readAhead = new ReadAhead(checker, source, extent.last);
  while (checker.last.index < extent.last) {
    const from = checker.last.index + 1;
    const records = await readAhead.next(from);
    if (records.length === 0) throw missing(from, 'nothing is there');
    for (const record of records) {
      await checker.add(record);
      compareTrusted(checker, options);
      compareChain(checker, extent);
    }
    const now = performance.now();
    if (now >= reportAt) {
      reportAt = now + PROGRESS_INTERVAL_MS;
      onProgress?.(progressOf(checker.last.index - before, extent.last - before, now - startedAt));
      // Whatever else this process does has its turn.
      await nextTurn();
    }
  }
  await readToCertificate(checker, source, Math.max(extent.committed, options.trusted?.index ?? 0));
  requireEnd(checker, extent, options);
  const elapsedMs = performance.now() - startedAt;
  const entries = checker.last.index - before;
  return {
    entries,
    first: before + 1,
    certified: checker.certified,
    head: checker.certifiedHead,
    operations: checker.operations,
    epoch: checker.epoch,
    validators: checker.validators.length,
    seconds: elapsedMs / 1_000,
    entriesPerSecond: progressOf(entries, entries, elapsedMs).entriesPerSecond,
  };
}

/** Reads one batch ahead and has its signatures checked on other threads, while the batch before is checked entry by entry. */
class ReadAhead {
  readonly #checker: EntryChecker;
  readonly #source: LogSource;
  readonly #last: number;
  #following: { readonly from: number; readonly records: Promise<readonly LogRecord[]> } | null =
    null;

  constructor(checker: EntryChecker, source: LogSource, last: number) {
    this.#checker = checker;
    this.#source = source;
    this.#last = last;
  }

  /** Throws what reading throws, in its turn. */
  async next(from: number): Promise<readonly LogRecord[]> {
    const ahead = this.#following;
    const records = await (ahead?.from === from ? ahead.records : this.#read(from));
    const following = (records.at(-1)?.index ?? from) + 1;
    const reading = following > this.#last ? Promise.resolve([]) : this.#read(following);
    // What is before a damaged entry is judged first.
    reading.catch(() => undefined);
    this.#following = { from: following, records: reading };
    return records;
  }

  async #read(from: number): Promise<readonly LogRecord[]> {
    const count = Math.min(BATCH, this.#last - from + 1);
    const records = await read(this.#source, from, count);
    await this.#checker.checkAhead(records);
    return records;
  }
}

/**
 * A node that runs keeps certificates of some entries only, so what was its last entry when it was asked may be covered by
 * the certificate of a later one by now.
 */
async function readToCertificate(
  checker: EntryChecker,
  source: LogSource,
  needed: number,
): Promise<void> {
  const bound = checker.last.index + MAX_ENTRIES_TO_CERTIFICATE;
  while (checker.certified.index < needed && checker.last.index < bound) {
    const records = await read(source, checker.last.index + 1, BATCH);
    if (records.length === 0) return;
    for (const record of records) {
      await checker.add(record);
      if (checker.certified.index >= needed) return;
    }
  }
}

async function read(
  source: LogSource,
  from: number,
  maxCount: number,
): Promise<readonly LogRecord[]> {
  try {
    return await source.read(from, maxCount);
  } catch (error) {
    if (!(error instanceof UnreadableEntryError)) throw error;
    const { index, message } = error;
    throw new LogInvalidError('unreadable', {
      index,
      block: null,
      message,
      expected: null,
      found: null,
    });
  }
}

function missing(index: number, found: string): LogInvalidError {
  return new LogInvalidError('missing-entry', {
    index,
    block: null,
    message: 'it is missing',
    expected: `entry ${index}`,
    found,
  });
}

function requireStart({ first, last }: LogExtent, { trusted }: VerifyOptions): void {
  if (first === 1 || last === 0 || (trusted !== undefined && trusted.index >= first - 1)) {
    return;
  }
  const isBelow = trusted !== undefined;
  throw new LogInvalidError('not-from-genesis', {
    index: first,
    block: null,
    message: isBelow
      ? `the log begins here, above the trusted entry ${trusted.index}, which so proves nothing about it`
      : 'the log begins here, since the node began with a snapshot or deletes old entries; nothing tells what was before',
    expected: isBelow ? `a trusted entry from ${first - 1} on` : 'entry 1',
    found: `entry ${first}`,
  });
}

async function startOf(extent: LogExtent, source: LogSource): Promise<LogStart | null> {
  const { first: index, memberships } = extent;
  if (index === 1 || extent.last === 0) return null;
  const [first] = await read(source, index, 1);
  if (first === undefined) throw missing(index, 'nothing is there');
  return { first, memberships };
}

function compareTrusted({ last }: EntryChecker, { trusted }: VerifyOptions): void {
  if (trusted?.index === last.index && trusted.hash !== last.hash) {
    throw new LogInvalidError('not-trusted', {
      index: last.index,
      block: null,
      message: 'it is another one than the trusted entry',
      expected: trusted.hash,
      found: last.hash,
    });
  }
}

/** The chain in the data folder is made from the log up to one entry: there both must be the same. */
function compareChain({ last, head }: EntryChecker, { chain }: LogExtent): void {
  if (chain?.appliedIndex !== last.index) {
    return;
  }
  const headHash = head?.hash ?? chain.headHash;
  const fail = (what: string, expected: string, found: string): never => {
    throw new LogInvalidError('wrong-chain', {
      index: last.index,
      block: chain.headNumber,
      message: `the chain beside the log was made from another ${what}`,
      expected,
      found,
    });
  };
  if (chain.appliedHash !== last.hash) fail('entry', last.hash, chain.appliedHash);
  if (chain.headHash !== headHash) fail('block', headHash, chain.headHash);
}

function requireEnd(checker: EntryChecker, extent: LogExtent, { trusted }: VerifyOptions): void {
  const { last, certified } = checker;
  const needed = Math.max(extent.committed, trusted?.index ?? 0);
  if (last.index < needed) {
    const whose = extent.committed === needed ? 'said to be committed' : 'trusted';
    throw new LogInvalidError('ends-early', {
      index: last.index + 1,
      block: null,
      message: `the log ends before it, and entry ${needed} is ${whose}`,
      expected: `entry ${needed}`,
      found: `entries up to ${last.index}`,
    });
  }
  if (certified.index < needed) {
    throw new LogInvalidError('not-certified', {
      index: certified.index + 1,
      block: null,
      message: 'no certificate covers it, and it is said to be committed',
      expected: `a certificate of entry ${needed} or a later one`,
      found: `certificates up to entry ${certified.index}`,
    });
  }
}

function progressOf(done: number, total: number, elapsedMs: number): VerifyProgress {
  const entriesPerSecond = (done / Math.max(elapsedMs, 1)) * 1_000;
  const remainingSeconds = entriesPerSecond === 0 ? 0 : (total - done) / entriesPerSecond;
  return { done, total, entriesPerSecond, remainingSeconds };
}
