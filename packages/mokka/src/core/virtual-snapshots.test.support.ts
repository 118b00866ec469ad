/** Snapshots of the test application: its state is all entries it has committed, so a snapshot holds those. */
import type { ApplicationInfo } from '../application.ts';
import { decodeCertificate } from '../codec/certificate-codec.ts';
import { decodeEntry, encodeEntry } from '../codec/entry-codec.ts';
import { decodeItem, encodeItem } from '../codec/rlp.ts';
import type { SnapshotManifest } from '../snapshot.ts';
import type { MemoryTables } from '../storage/memory.ts';
import { sha256, toHex } from './bytes.ts';
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import type { Input } from './input.ts';
import type {
  CertifiedMembership,
  RestoreOutcome,
  SnapshotEffect,
  SnapshotOffer,
} from './snapshot-exchange.ts';
import type { TestApplication } from './test-application.test.support.ts';
import type { Epoch, LogIndex } from './types.ts';

const CHUNKS = 6;

/** What a test application rejects with. */
class SnapshotError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

export class TestSnapshots {
  readonly offered: { readonly manifest: SnapshotManifest; readonly chunks: Uint8Array[] }[] = [];
  /** Durable: what is being taken. */
  taking: { readonly manifest: SnapshotManifest; readonly chunks: Map<number, Uint8Array> } | null =
    null;
  /** Codes with which the next calls reject, by the kind of the call. */
  readonly failures: { readonly call: 'begin' | 'chunk' | 'finish'; readonly code: string }[] = [];
  /** Chunks that were handed over in all. */
  received = 0;
  readonly #application: TestApplication;

  constructor(application: TestApplication) {
    this.#application = application;
  }

  offer(minimum: number, committed = Number.MAX_SAFE_INTEGER): SnapshotManifest | null {
    const known = this.offered.slice(-2).filter(({ manifest }) => manifest.entry.index >= minimum);
    const provable = known.findLast(({ manifest }) => manifest.entry.index < committed);
    const best = provable ?? known.at(-1);
    if (best !== undefined) return best.manifest;
    const { applied, stateDigest } = this.#application.info();
    if (applied.index < Math.max(1, minimum)) return null;
    const bytes = encodeItem(this.#application.committed.map(encodeEntry));
    const size = Math.ceil(bytes.length / CHUNKS);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
    const manifest = {
      entry: applied,
      stateDigest,
      chunks: chunks.map((chunk) => ({ hash: toHex(sha256(chunk)), bytes: chunk.length })),
    };
    this.offered.push({ manifest, chunks });
    return manifest;
  }

  chunk(hash: string, chunk: number): Uint8Array | null {
    return this.offered.find(({ manifest }) => manifest.entry.hash === hash)?.chunks[chunk] ?? null;
  }

  begin(manifest: SnapshotManifest): readonly number[] {
    this.#mayFail('begin');
    if (manifest.entry.index <= this.#application.committed.length) {
      throw new SnapshotError('invalid-request');
    }
    if (JSON.stringify(this.taking?.manifest) !== JSON.stringify(manifest)) {
      this.taking = { manifest, chunks: new Map() };
    }
    return [...(this.taking?.chunks.keys() ?? [])].sort((left, right) => left - right);
  }

  restoreChunk(chunk: number, bytes: Uint8Array): void {
    this.#mayFail('chunk');
    if (this.taking === null) throw new SnapshotError('invalid-request');
    if (this.taking.manifest.chunks[chunk]?.hash !== toHex(sha256(bytes))) {
      throw new SnapshotError('invalid-snapshot');
    }
    this.received += 1;
    this.taking.chunks.set(chunk, bytes);
  }

  finish(certificate: CommitCertificate): ApplicationInfo {
    this.#mayFail('finish');
    if (this.taking === null) throw new SnapshotError('invalid-request');
    const { manifest, chunks } = this.taking;
    const parts = manifest.chunks.map((_, chunk) => chunks.get(chunk));
    if (parts.some((part) => part === undefined)) throw new SnapshotError('snapshot-failed');
    const before = this.#application.info();
    const committed = [...this.#application.committed];
    let info: ApplicationInfo | null = null;
    try {
      const entries = decodeItem(Buffer.concat(parts as Uint8Array[])) as Uint8Array[];
      this.#application.replace(entries.map(decodeEntry), certificate);
      info = this.#application.info();
    } catch {
      // Not entries.
    }
    this.taking = null;
    if (info?.applied.hash === manifest.entry.hash && info.stateDigest === manifest.stateDigest) {
      return info;
    }
    const old = before.certificate === null ? certificate : decodeCertificate(before.certificate);
    this.#application.replace(committed, old);
    throw new SnapshotError('invalid-snapshot');
  }

  #mayFail(call: 'begin' | 'chunk' | 'finish'): void {
    const at = this.failures.findIndex((failure) => failure.call === call);
    if (at === -1) return;
    const [failure] = this.failures.splice(at, 1);
    throw new SnapshotError(failure?.code ?? 'snapshot-failed');
  }
}

/** Whose application and disk answer. */
export interface SnapshotHost {
  readonly snapshots: TestSnapshots;
  readonly tables: MemoryTables;
}

/** Carries out an effect; null where nothing is answered. */
export function snapshotAnswer(host: SnapshotHost, effect: SnapshotEffect): Input | null {
  const { snapshots } = host;
  switch (effect.type) {
    case 'offer-snapshot': {
      const manifest = snapshots.offer(effect.minimum, effect.committed);
      const offer = manifest === null ? null : offerOf(host, manifest, effect.newest, effect.epoch);
      const at = manifest?.entry.index ?? null;
      return { type: 'snapshot-offered', ticket: effect.ticket, at, offer };
    }
    case 'read-chunk': {
      const bytes = snapshots.chunk(effect.entry.hash, effect.chunk);
      return { type: 'chunk-read', ticket: effect.ticket, bytes };
    }
    case 'begin-restore': {
      const result = outcome(() => snapshots.begin(effect.manifest));
      return { type: 'restore-begun', ticket: effect.ticket, result };
    }
    case 'restore-chunk': {
      const result = outcome(() => {
        snapshots.restoreChunk(effect.chunk, effect.bytes);
        return null;
      });
      return { type: 'chunk-restored', ticket: effect.ticket, result };
    }
    case 'finish-restore': {
      const result = outcome(() => snapshots.finish(effect.certificate));
      return { type: 'restored', ticket: effect.ticket, result };
    }
    case 'abandon-restore':
      snapshots.taking = null;
      return null;
  }
}

function outcome<T>(call: () => T): RestoreOutcome<T> {
  try {
    return { ok: true, value: call() };
  } catch (error) {
    if (!(error instanceof SnapshotError)) throw error;
    return { ok: false, code: error.code, message: 'as the test wants it' };
  }
}

function offerOf(
  { tables }: SnapshotHost,
  manifest: SnapshotManifest,
  newest: CommitCertificate | null,
  epoch: Epoch,
): SnapshotOffer | null {
  const entry = (index: number): Entry | null => {
    const bytes = tables.numbered.get('entries')?.get(index);
    return bytes === undefined ? null : decodeEntry(bytes);
  };
  const first = (manifest.entry.index + 1) as LogIndex;
  const stored = [...(tables.numbered.get('certificates') ?? [])]
    .filter(([index]) => index >= first)
    .sort(([left], [right]) => left - right)[0]?.[1];
  const certificate = stored === undefined ? newest : decodeCertificate(stored);
  const base = entry(manifest.entry.index);
  if (certificate === null || certificate.index < first || base === null) return null;
  const next: Entry[] = [];
  for (let index: number = first; index <= certificate.index; index += 1) {
    const one = entry(index);
    if (one === null) return null;
    next.push(one);
  }
  const memberships = [...(tables.numbered.get('memberships') ?? [])]
    .map(([, bytes]) => decodeEntry(bytes))
    .filter((one) => one.index < first && one.epoch >= epoch)
    .sort((left, right) => left.index - right.index)
    .flatMap((one): CertifiedMembership[] => {
      const bytes = tables.numbered.get('certificates')?.get(one.index);
      return bytes === undefined ? [] : [{ entry: one, certificate: decodeCertificate(bytes) }];
    });
  return { manifest, base, next, certificate, memberships };
}
