/**
 * What a snapshot consists of, and how records stand in chunks. A chunk is an RLP list of records, a record a list of its
 * kind and fields; chunks are complete by themselves. All records of a snapshot in order:
 *
 * 1. headers, the head's first, then each one's parent;
 * 2. the head's block, then its receipts as stored, in pieces;
 * 3. the accounts by the hash of their address; before one the pieces of its code, unless that stood lately
 *    (`CodeWindow`); after one its slots by the hash of their number.
 */
import { RLP } from '@ethereumjs/rlp';
import { bigintToBytes, bytesToBigint, bytesToNumber } from '../encoding/quantity.ts';
import { type RlpItem, readRlp } from '../encoding/rlp-reader.ts';
import { bytesOf, type Hash, hashOf, type Wei, weiOf } from '../primitives.ts';
import { CHUNK_BYTES_MAX, PIECE_BYTES_MAX } from './limits.ts';
import { invalidSnapshot } from './snapshot-error.ts';

export type SnapshotRecord =
  | { readonly kind: 'header' | 'block' | 'receipts' | 'code'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'account';
      /** 32 bytes, of the address. */
      readonly hash: Uint8Array;
      readonly nonce: bigint;
      readonly balance: Wei;
      readonly codeHash: Hash;
    }
  | {
      readonly kind: 'slot';
      /** 32 bytes, of the slot's number. */
      readonly hash: Uint8Array;
      /** 1 to 32 bytes without leading zeros. */
      readonly value: Uint8Array;
    };

/** Numbers on the wire, from 1 on. */
const KINDS = ['header', 'block', 'receipts', 'code', 'account', 'slot'] as const;
/** List prefix of a chunk. */
const CHUNK_OVERHEAD_BYTES = 4;
const HASH_BYTES = 32;
const MAX_NONCE = 2n ** 64n - 1n;

export function encodeRecord(record: SnapshotRecord): Uint8Array {
  const kind = KINDS.indexOf(record.kind) + 1;
  if (record.kind === 'account') {
    const { hash, nonce, balance, codeHash } = record;
    return RLP.encode([
      kind,
      hash,
      bigintToBytes(nonce),
      bigintToBytes(balance),
      bytesOf(codeHash),
    ]);
  }
  return RLP.encode(
    record.kind === 'slot' ? [kind, record.hash, record.value] : [kind, record.bytes],
  );
}

/** Gathers encoded records until a chunk is full; the same records give the same chunks. */
export class ChunkPacker {
  #records: Uint8Array[] = [];
  #bytes = 0;

  /** The chunk before, when this record has no room in it. */
  add(record: Uint8Array): Uint8Array | undefined {
    const isFull = this.#bytes + record.length > CHUNK_BYTES_MAX - CHUNK_OVERHEAD_BYTES;
    const chunk = isFull ? this.take() : undefined;
    this.#records.push(record);
    this.#bytes += record.length;
    return chunk;
  }

  /** What has been gathered; undefined when there is nothing. */
  take(): Uint8Array | undefined {
    if (this.#records.length === 0) return undefined;
    const chunk = Buffer.concat([listPrefix(this.#bytes), ...this.#records]);
    this.#records = [];
    this.#bytes = 0;
    return chunk;
  }
}

function listPrefix(length: number): Uint8Array {
  if (length <= 55) return Uint8Array.of(0xc0 + length);
  const size = bigintToBytes(BigInt(length));
  return Buffer.concat([Uint8Array.of(0xf7 + size.length), size]);
}

/** Throws `ChainError` `invalid-snapshot`. Records may share memory with `bytes`. */
export function decodeChunk(bytes: Uint8Array): readonly SnapshotRecord[] {
  if (bytes.length > CHUNK_BYTES_MAX) throw invalidSnapshot('a chunk is too large');
  try {
    const items = readRlp(bytes, 2);
    if (items instanceof Uint8Array || items.length === 0) throw new RangeError('no records');
    return items.map(recordOf);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalidSnapshot(`a chunk can not be decoded: ${reason}`);
  }
}

function recordOf(item: RlpItem): SnapshotRecord {
  if (item instanceof Uint8Array) throw new RangeError('a record is a list');
  const fields = item.map((field) => {
    if (field instanceof Uint8Array) return field;
    throw new RangeError('a field of a record is a list');
  });
  const at = (index: number): Uint8Array => fields[index] ?? new Uint8Array(0);
  const kind = KINDS[bytesToNumber(at(0)) - 1];
  if (kind === 'account') {
    requireFields(fields, 5);
    const nonce = integer(at(2));
    if (nonce > MAX_NONCE) throw new RangeError('a nonce is beyond 64 bits');
    const balance = weiOf(integer(at(3)));
    return { kind, hash: hash(at(1)), nonce, balance, codeHash: hashOf(at(4)) };
  }
  if (kind === 'slot') {
    requireFields(fields, 3);
    const value = at(2);
    if (value.length === 0 || value.length > HASH_BYTES || value[0] === 0) {
      throw new RangeError('the value of a slot has 1 to 32 bytes without leading zeros');
    }
    return { kind, hash: hash(at(1)), value };
  }
  if (kind === undefined) throw new RangeError('a record of an unknown kind');
  requireFields(fields, 2);
  if (at(1).length === 0 || at(1).length > PIECE_BYTES_MAX) {
    throw new RangeError(`a piece has 1 to ${PIECE_BYTES_MAX} bytes`);
  }
  return { kind, bytes: at(1) };
}

function requireFields(fields: readonly Uint8Array[], count: number): void {
  if (fields.length !== count || fields[0]?.[0] === 0) throw new RangeError('fields of a record');
}

function hash(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== HASH_BYTES) throw new RangeError('a hash has 32 bytes');
  return bytes;
}

function integer(bytes: Uint8Array): bigint {
  if (bytes[0] === 0 || bytes.length > HASH_BYTES) throw new RangeError('an integer');
  return bytesToBigint(bytes);
}
