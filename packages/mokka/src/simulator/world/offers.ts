/** Reads from a virtual disk what proves a snapshot, as the driver does from a real one. */
import type { CommitCertificate } from '../../core/certificate.ts';
import type { Entry } from '../../core/entry.ts';
import type { SnapshotOffer } from '../../core/snapshot-exchange.ts';
import type { SnapshotManifest } from '../../snapshot.ts';
import type { CoreBinding } from '../binding.ts';
import type { VirtualDisk } from './disk.ts';

/** Null when nothing stored covers its successor yet. Throws `StorageError` for damaged values. */
export function readOffer(
  disk: VirtualDisk,
  binding: CoreBinding,
  manifest: SnapshotManifest,
  newest: CommitCertificate | null,
): SnapshotOffer | null {
  const { index } = manifest.entry;
  const one = { maxCount: 1, maxBytes: Number.MAX_SAFE_INTEGER };
  const [stored] = disk.read('certificates', index + 1, Number.MAX_SAFE_INTEGER, one);
  const certificate = stored === undefined ? newest : binding.decodeCertificate(stored.value);
  if (certificate === null || certificate.index <= index) return null;
  const maxCount = certificate.index - index + 1;
  const read: Entry[] = disk
    .read('entries', index, certificate.index, { ...one, maxCount })
    .map(({ value }) => binding.decodeEntry(value));
  const [base, ...next] = read;
  if (base?.index !== index || next.at(-1)?.hash !== certificate.hash) return null;
  return { manifest, base, next, certificate, memberships: [] };
}
