/** Canonical encoding of log entries; an entry's hash is SHA-256 of it. */
import { sha256, toHex } from '../core/bytes.ts';
import type { Entry, EntryKind } from '../core/entry.ts';
import type { EntryHash } from '../core/types.ts';
import { DecodeError } from './decode-error.ts';
import { decodeItem, encodeItem, hexItem, integerItem, readFields } from './rlp.ts';

const KINDS: readonly EntryKind[] = ['term-start', 'payload', 'membership'];

/** Encoded form of entries that were made or decoded here; the same bytes are hashed, stored and sent. */
const encodedEntries = new WeakMap<Entry, Uint8Array>();

/** Makes an entry out of its fields: computes the hash. */
export function createEntry(fields: Omit<Entry, 'hash'>): Entry {
  const bytes = encodeFields(fields);
  const entry: Entry = { ...fields, hash: toHex(sha256(bytes)) as EntryHash };
  encodedEntries.set(entry, bytes);
  return entry;
}

export function encodeEntry(entry: Entry): Uint8Array {
  const known = encodedEntries.get(entry);
  if (known !== undefined) return known;
  const bytes = encodeFields(entry);
  encodedEntries.set(entry, bytes);
  return bytes;
}

/** Throws {@link DecodeError}. The hash is computed from the bytes, so the result's invariant 1 holds. */
export function decodeEntry(bytes: Uint8Array): Entry {
  const fields = readFields(decodeItem(bytes), (reader) => ({
    index: reader.index(),
    term: reader.term(),
    epoch: reader.epoch(),
    parentHash: reader.hash(),
    stateDigest: reader.digest(),
    timestamp: reader.integer(),
    proposer: reader.nodeId(),
    kind: readKind(reader.integer()),
    payload: reader.bytes(),
  }));
  if (fields.index === 0 || fields.term === 0) {
    throw new DecodeError('bad-field', 'entries and their terms are counted from 1');
  }
  const entry: Entry = { ...fields, hash: toHex(sha256(bytes)) as EntryHash };
  encodedEntries.set(entry, bytes);
  return entry;
}

function encodeFields(entry: Omit<Entry, 'hash'>): Uint8Array {
  return encodeItem([
    integerItem(entry.index),
    integerItem(entry.term),
    integerItem(entry.epoch),
    hexItem(entry.parentHash),
    hexItem(entry.stateDigest),
    integerItem(entry.timestamp),
    hexItem(entry.proposer),
    integerItem(KINDS.indexOf(entry.kind)),
    entry.payload,
  ]);
}

function readKind(code: number): EntryKind {
  const kind = KINDS[code];
  if (kind === undefined) throw new DecodeError('unknown-type', `entry kind ${code}`);
  return kind;
}
