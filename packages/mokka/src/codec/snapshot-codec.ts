/** Encoding of what proves a snapshot, on the wire and in the store, and of how far a log is pruned. */

import { fromHex, HASH_BYTES, toHex } from '../core/bytes.ts';
import type { Entry } from '../core/entry.ts';
import type { PrunedLog } from '../core/pruning.ts';
import {
  type CertifiedMembership,
  MAX_CHUNK_BYTES,
  MAX_SNAPSHOT_CHUNKS,
  type SnapshotOffer,
} from '../core/snapshot-exchange.ts';
import type { EntryHash } from '../core/types.ts';
import type { SnapshotChunk } from '../snapshot.ts';
import { certificateItem, readCommitCertificate } from './certificate-codec.ts';
import { DecodeError } from './decode-error.ts';
import { decodeEntry, encodeEntry } from './entry-codec.ts';
import {
  decodeItem,
  encodeItem,
  type FieldReader,
  hexItem,
  type Item,
  integerItem,
  readFields,
} from './rlp.ts';

/** Name of the record that completes an installation after a crash. */
export const RECORDED_SNAPSHOT = 'snapshot';
/** Hash and length of a chunk: a list of them would be the longest of any message, so they are joined into one string. */
const CHUNK_INFO_BYTES = HASH_BYTES + 4;

/** What proves a snapshot: enough to go on from it once the application has it. */
export type SnapshotProof = Omit<SnapshotOffer, 'manifest'>;

export function offerItems(offer: SnapshotOffer): Item[] {
  const { stateDigest, chunks } = offer.manifest;
  return [hexItem(stateDigest), encodeChunks(chunks), ...proofItems(offer)];
}

/** The manifest's entry is `base`. */
export function readOffer(item: Item): SnapshotOffer {
  return readFields(item, (fields) => {
    const stateDigest = fields.digest();
    const chunks = decodeChunks(fields.bytes());
    const proof = readProof(fields);
    const { index, hash } = proof.base;
    return { manifest: { entry: { index, hash }, stateDigest, chunks }, ...proof };
  });
}

export function encodeSnapshotRecord(proof: SnapshotProof): Uint8Array {
  return encodeItem(proofItems(proof));
}

/** Throws {@link DecodeError}, as every decoder here. */
export function decodeSnapshotRecord(bytes: Uint8Array): SnapshotProof {
  return readFields(decodeItem(bytes), readProof);
}

function proofItems({ base, next, certificate, memberships }: SnapshotProof): Item[] {
  return [
    encodeEntry(base),
    next.map(encodeEntry),
    certificateItem(certificate),
    memberships.map((one) => [encodeEntry(one.entry), certificateItem(one.certificate)]),
  ];
}

function readProof(fields: FieldReader): SnapshotProof {
  return {
    base: decodeEntry(fields.bytes()),
    next: fields.list(readEntry),
    certificate: readCommitCertificate(fields.item()),
    memberships: fields.list(readMembership),
  };
}

export function encodePruning({ lowest, deletedBelow }: PrunedLog): Uint8Array {
  return encodeItem([integerItem(lowest), integerItem(deletedBelow)]);
}

export function decodePruning(bytes: Uint8Array): PrunedLog {
  return readFields(decodeItem(bytes), (fields) => ({
    lowest: fields.index(),
    deletedBelow: fields.integer(),
  }));
}

/** A chunk's number, within the bounds of a manifest. */
export function readChunkNumber(fields: FieldReader): number {
  const chunk = fields.integer();
  if (chunk >= MAX_SNAPSHOT_CHUNKS) throw new DecodeError('bad-field', `chunk ${chunk}`);
  return chunk;
}

export function readChunkBytes(item: Item): Uint8Array {
  const isChunk = item instanceof Uint8Array && item.length > 0 && item.length <= MAX_CHUNK_BYTES;
  if (!isChunk) throw new DecodeError('bad-field', 'not the bytes of a chunk');
  return item;
}

function encodeChunks(chunks: readonly SnapshotChunk[]): Uint8Array {
  const bytes = new Uint8Array(chunks.length * CHUNK_INFO_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [number, chunk] of chunks.entries()) {
    const at = number * CHUNK_INFO_BYTES;
    bytes.set(fromHex(chunk.hash as EntryHash), at);
    view.setUint32(at + HASH_BYTES, chunk.bytes);
  }
  return bytes;
}

function decodeChunks(bytes: Uint8Array): SnapshotChunk[] {
  const count = bytes.length / CHUNK_INFO_BYTES;
  if (!Number.isInteger(count) || count < 1 || count > MAX_SNAPSHOT_CHUNKS) {
    throw new DecodeError('bad-field', 'not a list of chunks');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, number) => {
    const at = number * CHUNK_INFO_BYTES;
    const length = view.getUint32(at + HASH_BYTES);
    if (length < 1 || length > MAX_CHUNK_BYTES) {
      throw new DecodeError('bad-field', `a chunk of ${length} bytes`);
    }
    return { hash: toHex(bytes.subarray(at, at + HASH_BYTES)), bytes: length };
  });
}

function readEntry(item: Item): Entry {
  if (!(item instanceof Uint8Array)) throw new DecodeError('wrong-shape', 'an entry is bytes');
  return decodeEntry(item);
}

function readMembership(item: Item): CertifiedMembership {
  return readFields(item, (fields) => ({
    entry: decodeEntry(fields.bytes()),
    certificate: readCommitCertificate(fields.item()),
  }));
}
