/** Reads of what is on disk: entries, certificates and leader proofs. */
import { decodeCertificate } from '../codec/certificate-codec.ts';
import { decodeEntry } from '../codec/entry-codec.ts';
import { decodeTermStart } from '../codec/term-start-codec.ts';
import type { CommitCertificate, LeaderProof } from '../core/certificate.ts';
import type { Entry } from '../core/entry.ts';
import type { CertifiedMembership, SnapshotOffer } from '../core/snapshot-exchange.ts';
import type { Epoch, LogIndex, Term } from '../core/types.ts';
import type { SnapshotManifest } from '../snapshot.ts';
import type { Storage } from '../storage/storage.ts';

/** Entries between an index and the certificate that covers it. */
const MAX_LINKED_ENTRIES = 1024;
const MAX_LINKED_BYTES = 64 * 1024 * 1024;
/** Payload bytes of the entries that prove a snapshot: they go into one message. */
const MAX_OFFER_BYTES = 16 * 1024 * 1024;

/** A certificate with the entries that lead from the one asked for to the certified one. */
export interface EntryCertificate {
  readonly certificate: CommitCertificate;
  /** Consecutive, each the parent of the next; the certificate names the last. */
  readonly entries: readonly Entry[];
}

export class StoredLog {
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async entry(index: LogIndex): Promise<Entry | null> {
    const bytes = await this.#storage.get('entries', index);
    return bytes === undefined ? null : decodeEntry(bytes);
  }

  /** Consecutive entries `from..to`, fewer when they pass the bounds. */
  async entries(
    from: LogIndex,
    to: LogIndex,
    limits: { readonly maxCount: number; readonly maxBytes: number },
  ): Promise<Entry[]> {
    const values = await this.#storage.range('entries', from, to, limits);
    return values.filter(({ key }, at) => key === from + at).map(({ value }) => decodeEntry(value));
  }

  /** The highest stored certificate that names an entry in `from..to`. */
  async highestCertificate(from: LogIndex, to: LogIndex): Promise<CommitCertificate | null> {
    const limits = { maxCount: to - from + 1, maxBytes: MAX_LINKED_BYTES };
    const values = await this.#storage.range('certificates', from, to, limits);
    const last = values[values.length - 1];
    return last === undefined ? null : decodeCertificate(last.value);
  }

  /**
   * The smallest stored certificate that covers `index`, or `newest` when none is stored; null when `index` is not
   * committed or the entries between are out of bounds.
   */
  async certificateCovering(
    index: LogIndex,
    newest: CommitCertificate | null,
  ): Promise<EntryCertificate | null> {
    const limits = { maxCount: 1, maxBytes: MAX_LINKED_BYTES };
    const [first] = await this.#storage.range(
      'certificates',
      index,
      Number.MAX_SAFE_INTEGER,
      limits,
    );
    const certificate = first === undefined ? newest : decodeCertificate(first.value);
    if (certificate === null || certificate.index < index || index < 1) return null;
    const bounds = { maxCount: MAX_LINKED_ENTRIES, maxBytes: MAX_LINKED_BYTES };
    const entries = await this.entries(index, certificate.index, bounds);
    return entries[entries.length - 1]?.hash === certificate.hash ? { certificate, entries } : null;
  }

  /** A snapshot with what proves it; null when nothing covers its successor yet, or what would is not kept. */
  async snapshotOffer(
    manifest: SnapshotManifest,
    epoch: Epoch,
    newest: CommitCertificate | null,
  ): Promise<SnapshotOffer | null> {
    const { index, hash } = manifest.entry;
    const base = await this.entry(index);
    const covering = await this.certificateCovering((index + 1) as LogIndex, newest);
    if (base?.hash !== hash || covering === null) return null;
    const { certificate, entries: next } = covering;
    const bytes = next.reduce((sum, { payload }) => sum + payload.length, base.payload.length);
    if (bytes > MAX_OFFER_BYTES) return null;
    const memberships = await this.#memberships(epoch, index);
    return memberships === null ? null : { manifest, base, next, certificate, memberships };
  }

  /** The membership entries that ended `epoch` and later ones, up to `last`, with their certificates; null when one has none yet. */
  async #memberships(epoch: Epoch, last: LogIndex): Promise<CertifiedMembership[] | null> {
    const limits = { maxCount: Number.MAX_SAFE_INTEGER, maxBytes: MAX_OFFER_BYTES };
    const memberships: CertifiedMembership[] = [];
    for (const { key, value } of await this.#storage.range('memberships', 1, last, limits)) {
      const entry = decodeEntry(value);
      if (entry.epoch < epoch) continue;
      const bytes = await this.#storage.get('certificates', key);
      const certificate = bytes === undefined ? null : decodeCertificate(bytes);
      if (certificate?.hash !== entry.hash) return null;
      memberships.push({ entry, certificate });
    }
    return memberships;
  }

  async leaderProof(term: Term): Promise<LeaderProof | null> {
    const bytes = await this.#storage.get('proofs', term);
    return bytes === undefined ? null : decodeTermStart(bytes).proof;
  }
}
