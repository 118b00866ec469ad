/**
 * The part of the log that is held in memory: everything above the committed entry and a bounded tail of what is
 * committed. Older entries are on disk only.
 *
 * An entry is appended at the moment its `persist` is asked for; `syncedIndex` says how far the disk has followed.
 */
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { Limits } from './options.ts';
import type { Lock } from './statements.ts';
import type { EntryHash, EntryId, LogIndex, Term } from './types.ts';

/** Where a log continues: the root, or the committed entry that was restored. */
export interface LogBase {
  readonly id: EntryId;
  readonly term: Term;
  readonly timestamp: number;
  readonly certificate: CommitCertificate | null;
}

export class Log {
  readonly #limits: Limits;
  readonly #rootHash: EntryHash;
  readonly #entries = new Map<number, Entry>();
  readonly #certificates = new Map<number, CommitCertificate>();
  #base: LogBase;
  #tip: LogIndex;
  #committed: LogBase;
  #synced: LogIndex;
  /** Lowest index that can be in memory. */
  #lowest: number;
  #cachedBytes = 0;

  constructor(limits: Limits, rootHash: EntryHash, base: LogBase, tail: readonly Entry[]) {
    this.#limits = limits;
    this.#rootHash = rootHash;
    this.#base = base;
    this.#committed = base;
    this.#tip = base.id.index;
    this.#lowest = base.id.index + 1;
    for (const entry of tail) this.append(entry);
    this.#synced = this.#tip;
    if (base.certificate !== null) {
      this.#certificates.set(base.certificate.index, base.certificate);
    }
  }

  get committed(): EntryId {
    return this.#committed.id;
  }

  /** The highest certificate, or null at the root; names `committed`. */
  get certificate(): CommitCertificate | null {
    return this.#committed.certificate;
  }

  /** The committed entry, at its own term, which a certificate of a later term does not raise. */
  get committedLock(): Lock {
    const { id, term } = this.#committed;
    return { term, index: id.index, hash: id.hash };
  }

  get syncedIndex(): LogIndex {
    return this.#synced;
  }

  /** The last entry as Rule *lock* reports it in CFT. */
  get tip(): Lock & { readonly timestamp: number } {
    const entry = this.#entries.get(this.#tip);
    if (entry !== undefined) return entry;
    const { id, term, timestamp } = this.#committed;
    return { term, index: id.index, hash: id.hash, timestamp };
  }

  get(index: number): Entry | undefined {
    return this.#entries.get(index);
  }

  /** The certificate of exactly this index, if it is in memory. */
  certificateAt(index: number): CommitCertificate | undefined {
    return this.#certificates.get(index);
  }

  /** The hash at an index, if it is known without the disk. */
  hashAt(index: number): EntryHash | undefined {
    if (index === 0) return this.#rootHash;
    if (index === this.#committed.id.index) return this.#committed.id.hash;
    if (index === this.#base.id.index) return this.#base.id.hash;
    return this.#entries.get(index)?.hash;
  }

  /** Whether this entry is known to be in the log. */
  contains(id: EntryId): boolean {
    return this.hashAt(id.index) === id.hash;
  }

  /** Whether another entry is known to be at its place. */
  conflicts(id: EntryId): boolean {
    const hash = this.hashAt(id.index);
    return hash !== undefined && hash !== id.hash;
  }

  /** Appends the child of the tip. */
  append(entry: Entry): void {
    if (entry.index !== this.#tip + 1 || entry.parentHash !== this.hashAt(this.#tip)) {
      throw new RangeError(`entry ${entry.index} is no child of entry ${this.#tip}`);
    }
    this.#entries.set(entry.index, entry);
    this.#tip = entry.index;
  }

  /** Goes on from another committed entry, on disk already or on its way there, with its descendants. */
  rebase(base: LogBase, entries: readonly Entry[]): void {
    if (base.id.index <= this.#committed.id.index) throw new RangeError('committed entries stay');
    this.#entries.clear();
    this.#certificates.clear();
    this.#cachedBytes = 0;
    this.#base = base;
    this.#committed = base;
    this.#tip = base.id.index;
    this.#synced = base.id.index;
    this.#lowest = base.id.index + 1;
    for (const entry of entries) this.append(entry);
  }

  /** Drops uncommitted entries above `index`. */
  truncate(index: LogIndex): void {
    if (index < this.#committed.id.index) throw new RangeError('committed entries stay');
    for (let at = this.#tip; at > index; at = (at - 1) as LogIndex) this.#entries.delete(at);
    this.#tip = Math.min(this.#tip, index) as LogIndex;
    this.#synced = Math.min(this.#synced, index) as LogIndex;
  }

  /** The disk holds this entry; without effect when the entry was dropped meanwhile. */
  markSynced(id: EntryId): undefined {
    if (this.contains(id) && id.index > this.#synced) this.#synced = id.index;
  }

  /** Moves the committed mark up to the certified entry, which the log contains. */
  commit(certificate: CommitCertificate): void {
    const entry = this.#entries.get(certificate.index);
    if (entry === undefined || entry.hash !== certificate.hash) {
      throw new RangeError('a certificate commits only what the log holds');
    }
    for (let at = this.#committed.id.index + 1; at <= entry.index; at += 1) {
      this.#cachedBytes += this.#entries.get(at)?.payload.length ?? 0;
    }
    this.#committed = {
      id: { index: entry.index, hash: entry.hash },
      term: entry.term,
      timestamp: entry.timestamp,
      certificate,
    };
    this.#certificates.set(certificate.index, certificate);
    this.#evict();
  }

  /** Keeps the committed tail within its bounds, and only what the disk has. */
  #evict(): void {
    const { maxCacheBytes, maxCacheEntries } = this.#limits;
    const end = Math.min(this.#committed.id.index, this.#synced + 1);
    while (
      this.#lowest < end &&
      (this.#cachedBytes > maxCacheBytes ||
        this.#committed.id.index - this.#lowest >= maxCacheEntries)
    ) {
      this.#cachedBytes -= this.#entries.get(this.#lowest)?.payload.length ?? 0;
      this.#entries.delete(this.#lowest);
      this.#certificates.delete(this.#lowest);
      this.#lowest += 1;
    }
  }
}
