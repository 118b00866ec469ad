/**
 * How pushes travel. A *chunk* is consecutive pushes of one run of one node; it goes to the leader as it is and into the
 * entry as it is, so that the signature of its origin, where there is one, stays with it.
 */
import { DecodeError } from '../codec/decode-error.ts';
import {
  decodeItem,
  encodeItem,
  type FieldReader,
  hexItem,
  type Item,
  integerItem,
  MAX_LIST_ITEMS,
  readFields,
} from '../codec/rlp.ts';
import type { SignatureScheme } from '../core/statements.ts';
import type { ClusterId, NodeId, Signature } from '../core/types.ts';
import { decodeKey, decodeValue } from './json-value.ts';
import type { JsonValue } from './push.ts';

/** Pushes in one chunk: two items each in a list. */
export const CHUNK_PUSHES_MAX = MAX_LIST_ITEMS / 2;
/** Chunks in one payload. */
export const PAYLOAD_CHUNKS_MAX = MAX_LIST_ITEMS;
/** Upper bound of what encoding adds to keys and values, in bytes per push and per chunk. */
const PUSH_OVERHEAD_BYTES = 16;
export const CHUNK_OVERHEAD_BYTES = 192;
/** What a payload adds to its chunks, besides. */
export const PAYLOAD_OVERHEAD_BYTES = 16;

const VERSION = 1;
const DOMAIN = new TextEncoder().encode('mokka/1 push');
const UNSIGNED = new Uint8Array() as Signature;

/** A push as its origin has encoded it. */
export interface EncodedPush {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface DecodedPush {
  readonly key: string;
  readonly value: JsonValue;
}

/**
 * Invariants, established by the decoder: `pushes` is neither empty nor over {@link CHUNK_PUSHES_MAX}; session and first are at
 * least 1; the signature is valid where the cluster asks for signatures; `bytes` is the canonical encoding.
 */
export interface Chunk {
  readonly origin: NodeId;
  /** Number of the origin's run, greater at each of its starts. */
  readonly session: number;
  /** Sequence of the first push within the session, from 1; the others follow. */
  readonly first: number;
  readonly pushes: readonly DecodedPush[];
  readonly bytes: Uint8Array;
}

export class ChunkCodec {
  readonly #clusterId: ClusterId;
  readonly #signatures: SignatureScheme | null;

  /** With `signatures` each chunk is signed by its origin: where a leader may lie, it must not invent pushes of others. */
  constructor(clusterId: ClusterId, signatures: SignatureScheme | null) {
    this.#clusterId = clusterId;
    this.#signatures = signatures;
  }

  encode(origin: NodeId, session: number, first: number, pushes: readonly EncodedPush[]) {
    const body: Item = [
      hexItem(origin),
      integerItem(session),
      integerItem(first),
      pushes.flatMap(({ key, value }) => [key, value]),
    ];
    const signature = this.#signatures?.sign(this.#signingBytes(body)) ?? UNSIGNED;
    return encodeItem([body, signature]);
  }

  /** Throws `DecodeError`. */
  decode(bytes: Uint8Array): Chunk {
    return readFields(decodeItem(bytes), (fields) => {
      const body = fields.item();
      const signature = fields.bytes();
      const chunk = readFields(body, (chunkFields) => readChunk(chunkFields, bytes));
      this.#check(chunk, body, signature as Signature);
      return chunk;
    });
  }

  #check(chunk: Chunk, body: Item, signature: Signature): void {
    const isValid =
      this.#signatures === null
        ? signature.length === 0
        : this.#signatures.verify(chunk.origin, this.#signingBytes(body), signature);
    if (!isValid) throw new DecodeError('bad-field', 'the signature is not of the origin');
  }

  #signingBytes(body: Item): Uint8Array {
    return encodeItem([DOMAIN, hexItem(this.#clusterId), body]);
  }
}

function readChunk(fields: FieldReader, bytes: Uint8Array): Chunk {
  const origin = fields.nodeId();
  const session = fields.integer();
  const first = fields.integer();
  const parts = fields.list((item) => {
    if (!(item instanceof Uint8Array)) throw new DecodeError('wrong-shape', 'bytes were expected');
    return item;
  });
  if (session < 1 || first < 1) throw new DecodeError('bad-field', 'a number counted from 1 is 0');
  if (parts.length === 0 || parts.length % 2 === 1) {
    throw new DecodeError('wrong-shape', 'a chunk holds pairs of key and value');
  }
  const pushes: DecodedPush[] = [];
  for (let at = 0; at < parts.length; at += 2) pushes.push(readPush(parts[at], parts[at + 1]));
  return { origin, session, first, pushes, bytes };
}

function readPush(key: Uint8Array | undefined, value: Uint8Array | undefined): DecodedPush {
  if (key === undefined || value === undefined || key.length === 0) {
    throw new DecodeError('bad-field', 'a push without a key');
  }
  try {
    return { key: decodeKey(key), value: decodeValue(value) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'not JSON';
    throw new DecodeError('bad-field', `a push that is no text and JSON: ${reason}`);
  }
}

export function encodePayload(chunks: readonly Uint8Array[]): Uint8Array {
  return encodeItem([integerItem(VERSION), chunks]);
}

/** Throws `DecodeError`. */
export function decodePayload(payload: Uint8Array, codec: ChunkCodec): readonly Chunk[] {
  return readFields(decodeItem(payload), (fields) => {
    if (fields.integer() !== VERSION) {
      throw new DecodeError('bad-field', 'pushes in the format of another version');
    }
    return fields.list((item) => {
      if (item instanceof Uint8Array) return codec.decode(item);
      throw new DecodeError('wrong-shape', 'bytes were expected');
    });
  });
}

/** Upper bound of a chunk's encoding in bytes. */
export function sizeOfPush(push: EncodedPush): number {
  return push.key.length + push.value.length + PUSH_OVERHEAD_BYTES;
}
