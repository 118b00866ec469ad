/** Reads from a virtual disk what proves a snapshot, as the driver does from a real one. */
import type { CommitCertificate } from '../../core/certificate.ts';
import type { Entry } from '../../core/entry.ts';
import type { CertifiedMembership, SnapshotOffer } from '../../core/snapshot-exchange.ts';
import type { Epoch } from '../../core/types.ts';
import type { SnapshotManifest } from '../../snapshot.ts';
import type { CoreBinding } from '../binding.ts';
import type { VirtualDisk } from './disk.ts';

/** Null when nothing stored covers its successor yet. Throws `StorageError` for damaged values. */
export function readOffer(
  disk: VirtualDisk,
  binding: CoreBinding,
  manifest: SnapshotManifest,
  newest: CommitCertificate | null,
  epoch: Epoch,
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
  const memberships = readMemberships(disk, binding, epoch, index);
  return memberships === null ? null : { manifest, base, next, certificate, memberships };
}

/** Those above an epoch, up to an entry; null when the certificate of one is not stored yet. */
function readMemberships(
  disk: VirtualDisk,
  binding: CoreBinding,
  epoch: Epoch,
  last: number,
): CertifiedMembership[] | null {
  const all = { maxCount: Number.MAX_SAFE_INTEGER, maxBytes: Number.MAX_SAFE_INTEGER };
  const memberships: CertifiedMembership[] = [];
  for (const { key, value } of disk.read('memberships', 1, last, all)) {
    const entry = binding.decodeEntry(value);
    if (entry.epoch < epoch) continue;
    const [stored] = disk.read('certificates', key, key, all);
    const certificate = stored === undefined ? null : binding.decodeCertificate(stored.value);
    if (certificate?.hash !== entry.hash) return null;
    memberships.push({ entry, certificate });
  }
  return memberships;
}
