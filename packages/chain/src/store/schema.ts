/**
 * The tables of a chain's LMDB environment and their keys. Integers in keys are 8 bytes big-endian, so that key order
 * is numeric order. "Sealed" values end in a checksum (`checksum.ts`); the others are verified by the hash in their key.
 *
 * | table        | key                              | value                                              |
 * | ------------ | -------------------------------- | -------------------------------------------------- |
 * | meta         | name                             | sealed; see `MetaKey`                              |
 * | headers      | block hash                       | header RLP                                         |
 * | bodies       | block hash                       | sealed; `StoredBody`                               |
 * | receipts     | block hash                       | sealed; `StoredReceipt` list                       |
 * | canonical    | block number                     | sealed; block hash                                 |
 * | transactions | transaction hash                 | sealed; block number (8), index in the block (4)   |
 * | postings     | see `addressPosting` and below   | sealed; empty                                      |
 * | accounts     | generation, hash of address      | sealed; account RLP, as of the head                |
 * | storage      | generation, hashes of address    | sealed; value without leading zeros, as of the head|
 * |              | and slot                         |                                                    |
 * | code         | code hash                        | code                                               |
 * | nodes        | node hash                        | trie node RLP, of every block that is kept         |
 *
 * The flat state, `accounts` and `storage`, shows the head only; older states are read from `nodes`. It is keyed by the
 * hashes that are the tries' keys, so that one pass in key order gives the root. The generation in `meta` is the valid
 * one: a restored state is written under another, becomes the head's in one transaction, and the old one is removed.
 * `nodes` and `code` never hold a node of a state from `states-from` on without everything below it, so whoever has the
 * root of such a block has its whole state.
 */
import type { Address, BlockNumber, Hash } from '../primitives.ts';
import { bytesOf } from '../primitives.ts';

export const TABLES = [
  'meta',
  'headers',
  'bodies',
  'receipts',
  'canonical',
  'transactions',
  'postings',
  'accounts',
  'storage',
  'code',
  'nodes',
] as const;

export type TableName = (typeof TABLES)[number];

/** Raised when a change of the layout makes older folders unreadable. */
export const FORMAT_VERSION = 2;

export type MetaKey =
  /** `FORMAT_VERSION` in one byte. */
  | 'format'
  /** Hash of the genesis block. */
  | 'genesis'
  /** SHA-256 of the canonical genesis configuration. */
  | 'configuration'
  /** Hash of the last committed block. */
  | 'head'
  /** Opaque bytes of consensus, written with the last commit. */
  | 'marker'
  /** Generation of the flat state, in one byte. */
  | 'generation'
  /** The lowest block whose state is here; absent when none was removed. */
  | 'states-from'
  /** From which block on participants are posted; absent where none are. */
  | 'participants-from'
  /** Blocks that are not here, see `HistoryGaps`; absent when all are. */
  | 'gaps'
  /** What development operations have set, see `DevelopmentState`; absent when none was ever used. */
  | 'development'
  /** A block's hash follows: root of its state, where operations have edited it. */
  | 'edited'
  /** A hash follows: the address or slot that has it, see `state-names.ts`. */
  | 'name';

export function metaKey(key: MetaKey): Uint8Array {
  return Buffer.from(key, 'ascii');
}

export function numberKey(number: BlockNumber): Uint8Array {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(number));
  return key;
}

export function accountKey(generation: number, addressHash: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of(generation), addressHash]);
}

export function storageKey(
  generation: number,
  addressHash: Uint8Array,
  slotHash: Uint8Array,
): Uint8Array {
  return Buffer.concat([Uint8Array.of(generation), addressHash, slotHash]);
}

/** Generations there are; after the last comes the first. */
export const GENERATIONS = 256;

/** Range of all keys of a flat table in one generation: `start` inclusive, `end` exclusive. */
export function generationRange(generation: number): { start: Uint8Array; end: Uint8Array } {
  return prefixRange(Uint8Array.of(generation));
}

/** Range of all slots of an account: `start` inclusive, `end` exclusive. */
export function storageRange(
  generation: number,
  addressHash: Uint8Array,
): { start: Uint8Array; end: Uint8Array } {
  return prefixRange(Buffer.concat([Uint8Array.of(generation), addressHash]));
}

/** Tags keep what is posted apart: 0 for a log's address, 1 + position for a topic, then who takes part in a transaction. */
const ADDRESS_TAG = 0;
const PARTICIPANT_TAG = 5;

/** Prefix of the postings of blocks with a log of this address; the block number follows. */
export function addressPosting(address: Address): Uint8Array {
  return Buffer.concat([Uint8Array.of(ADDRESS_TAG), bytesOf(address)]);
}

/** Prefix of the postings of blocks with a log that has this topic at `position` (0 to 3); the block number follows. */
export function topicPosting(position: number, topic: Hash): Uint8Array {
  return Buffer.concat([Uint8Array.of(1 + position), bytesOf(topic)]);
}

/** Prefix of the postings of blocks with a transaction from or to this address, or that made it; the block number follows. */
export function participantPosting(address: Address): Uint8Array {
  return Buffer.concat([Uint8Array.of(PARTICIPANT_TAG), bytesOf(address)]);
}

/** Key of one posting: prefix, then block number. */
export function postingKey(prefix: Uint8Array, number: BlockNumber): Uint8Array {
  return Buffer.concat([prefix, numberKey(number)]);
}

/** Keys of postings under `prefix` in blocks `from..to`: `start` inclusive, `end` exclusive. */
export function postingRange(
  prefix: Uint8Array,
  from: BlockNumber,
  to: BlockNumber,
): { start: Uint8Array; end: Uint8Array } {
  return {
    start: postingKey(prefix, from),
    end: Buffer.concat([postingKey(prefix, to), Uint8Array.of(0)]),
  };
}

/** Block number at the end of a posting's key. */
export function postingNumber(key: Uint8Array): number {
  return Number(Buffer.from(key.subarray(key.length - 8)).readBigUInt64BE());
}

function prefixRange(prefix: Uint8Array): { start: Uint8Array; end: Uint8Array } {
  const end = Uint8Array.from(prefix);
  for (let i = end.length - 1; i >= 0; i -= 1) {
    const byte = end[i] ?? 0;
    end[i] = (byte + 1) & 0xff;
    if (byte !== 0xff) return { start: prefix, end };
  }
  return { start: prefix, end: Buffer.alloc(prefix.length + 32, 0xff) };
}
