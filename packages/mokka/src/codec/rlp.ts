/**
 * Strict RLP (Ethereum yellow paper, appendix B) with typed fields.
 *
 * Encoding is canonical: a value has exactly one encoding, so that hashes and signatures mean one thing. Decoding refuses
 * everything else: leading zeros, trailing bytes, wrong counts, deep nesting.
 */
import { RLP } from '@ethereumjs/rlp';
import { fromHex, HASH_BYTES, SIGNATURE_BYTES, toHex } from '../core/bytes.ts';
import type {
  ClusterId,
  EntryHash,
  Epoch,
  LogIndex,
  NodeId,
  Signature,
  StateDigest,
  Term,
} from '../core/types.ts';
import { DecodeError } from './decode-error.ts';

/** Greatest encoded message: the largest payload and its envelope, with room. */
export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** Greatest number of items in any list of a message: entries, votes, statements. */
export const MAX_LIST_ITEMS = 1024;
/** Deepest list in any message; deeper input is refused before it is copied level by level. */
const MAX_DEPTH = 8;
/** Greatest number of items in a message, nested ones included: a full list of the largest statements. */
const MAX_ITEMS = 16 * MAX_LIST_ITEMS;
/** Bytes of the largest integer, 2^53 - 1. */
const MAX_INTEGER_BYTES = 7;

/** One value in encodable form. */
export type Item = Uint8Array | readonly Item[];

/**
 * Canonical RLP of nested lists of bytes. Measures first and writes into one buffer: every signature made or checked passes
 * here, and joining the parts of each level costs several times as much.
 */
export function encodeItem(item: Item): Uint8Array {
  const bytes = new Uint8Array(encodedSize(item));
  writeItem(item, bytes, 0);
  return bytes;
}

function encodedSize(item: Item): number {
  const content = contentSize(item);
  if (isSingleByte(item)) return 1;
  return headerSize(content) + content;
}

function contentSize(item: Item): number {
  if (item instanceof Uint8Array) return item.length;
  let size = 0;
  for (const part of item) size += encodedSize(part);
  return size;
}

/** One byte below 0x80 stands for itself. */
function isSingleByte(item: Item): boolean {
  return item instanceof Uint8Array && item.length === 1 && (item[0] ?? 0) < 0x80;
}

function headerSize(content: number): number {
  let size = 1;
  if (content > 55) for (let rest = content; rest > 0; rest = Math.floor(rest / 256)) size += 1;
  return size;
}

/** Writes at `at` and returns where the next item begins. */
function writeItem(item: Item, bytes: Uint8Array, at: number): number {
  if (isSingleByte(item)) {
    bytes.set(item as Uint8Array, at);
    return at + 1;
  }
  const content = contentSize(item);
  let next = writeHeader(item instanceof Uint8Array ? 0x80 : 0xc0, content, bytes, at);
  if (item instanceof Uint8Array) {
    bytes.set(item, next);
    return next + content;
  }
  for (const part of item) next = writeItem(part, bytes, next);
  return next;
}

function writeHeader(base: number, content: number, bytes: Uint8Array, at: number): number {
  const size = headerSize(content);
  if (size === 1) bytes[at] = base + content;
  else {
    bytes[at] = base + 55 + size - 1;
    let rest = content;
    for (let place = at + size - 1; place > at; place -= 1) {
      bytes[place] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  return at + size;
}

/** Decodes one item that fills `bytes`. Throws {@link DecodeError}. */
export function decodeItem(bytes: Uint8Array): Item {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new DecodeError('too-large', `${bytes.length} bytes exceed ${MAX_MESSAGE_BYTES}`);
  }
  if (bytes.length === 0) throw new DecodeError('malformed-rlp', 'no bytes');
  checkShape(bytes);
  try {
    return RLP.decode(bytes) as Item;
  } catch (error) {
    throw new DecodeError('malformed-rlp', error instanceof Error ? error.message : 'not RLP');
  }
}

/**
 * Walks headers without copying, before the decoder makes an object of each item: a frame of single bytes would cost
 * it a minute and gigabytes. Lengths are checked again by the decoder.
 */
function checkShape(bytes: Uint8Array): void {
  const ends: number[] = [];
  let at = 0;
  for (let items = 0; at < bytes.length; items += 1) {
    if (items === MAX_ITEMS) throw new DecodeError('too-large', `more than ${MAX_ITEMS} items`);
    while (ends.length > 0 && at >= (ends[ends.length - 1] ?? 0)) ends.pop();
    const first = bytes[at] ?? 0;
    const isList = first >= 0xc0;
    const base = isList ? 0xc0 : 0x80;
    let header = 1;
    let length = 0;
    if (first >= 0x80) {
      length = first - base;
      if (length > 55) {
        header = 1 + length - 55;
        length = 0;
        for (let i = 1; i < header; i += 1) length = length * 256 + (bytes[at + i] ?? 0);
      }
    }
    if (isList) {
      ends.push(at + header + length);
      if (ends.length > MAX_DEPTH) throw new DecodeError('malformed-rlp', 'nested too deeply');
      at += header;
    } else {
      at += first < 0x80 ? 1 : header + length;
    }
  }
}

/** Big-endian bytes without leading zeros; zero is the empty string. */
export function integerItem(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`not an unsigned integer: ${value}`);
  }
  let length = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) length += 1;
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let place = length - 1; place >= 0; place -= 1) {
    bytes[place] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

const TEXT_ENCODER = new TextEncoder();

export function textItem(text: string): Uint8Array {
  return TEXT_ENCODER.encode(text);
}

export function hexItem(digits: NodeId | ClusterId | EntryHash | StateDigest): Uint8Array {
  return fromHex(digits);
}

/** Reads the items of one list in order; `end` refuses what is left. */
export class FieldReader {
  readonly #items: readonly Item[];
  #next = 0;

  constructor(item: Item | undefined) {
    if (item === undefined || item instanceof Uint8Array) {
      throw new DecodeError('wrong-shape', 'a list was expected');
    }
    this.#items = item;
  }

  item(): Item {
    const item = this.#items[this.#next];
    if (item === undefined) throw new DecodeError('wrong-shape', 'a field is missing');
    this.#next += 1;
    return item;
  }

  bytes(): Uint8Array {
    const item = this.item();
    if (!(item instanceof Uint8Array)) throw new DecodeError('wrong-shape', 'bytes were expected');
    return item;
  }

  /** Items of a nested list, each read by `read`. */
  list<T>(read: (item: Item) => T): T[] {
    const item = this.item();
    if (item instanceof Uint8Array) throw new DecodeError('wrong-shape', 'a list was expected');
    if (item.length > MAX_LIST_ITEMS) {
      throw new DecodeError('too-large', `a list of ${item.length} items`);
    }
    return item.map(read);
  }

  /** A value or nothing: a list of one item or of none. */
  optional<T>(read: (item: Item) => T): T | null {
    const items = this.list(read);
    if (items.length > 1) throw new DecodeError('wrong-shape', 'at most one item was expected');
    return items[0] ?? null;
  }

  /** Whether the next field is a nested list. */
  get isAtList(): boolean {
    const item = this.#items[this.#next];
    return item !== undefined && !(item instanceof Uint8Array);
  }

  /** The last field, where the list goes on to it. */
  trailing<T>(read: (item: Item) => T): T | undefined {
    return this.#next < this.#items.length ? read(this.item()) : undefined;
  }

  /** As {@link trailing}, an index. */
  trailingIndex(): LogIndex | undefined {
    return this.#next < this.#items.length ? this.index() : undefined;
  }

  integer(): number {
    const bytes = this.bytes();
    if (bytes.length > MAX_INTEGER_BYTES || bytes[0] === 0) {
      throw new DecodeError('bad-field', 'not a canonical integer');
    }
    let value = 0;
    for (const byte of bytes) value = value * 256 + byte;
    if (!Number.isSafeInteger(value)) throw new DecodeError('bad-field', 'integer over 2^53 - 1');
    return value;
  }

  boolean(): boolean {
    const value = this.integer();
    if (value > 1) throw new DecodeError('bad-field', 'not a boolean');
    return value === 1;
  }

  text(): string {
    return Buffer.from(this.bytes()).toString('latin1');
  }

  term(): Term {
    return this.integer() as Term;
  }

  index(): LogIndex {
    return this.integer() as LogIndex;
  }

  epoch(): Epoch {
    return this.integer() as Epoch;
  }

  nodeId(): NodeId {
    return this.#fixed(HASH_BYTES) as NodeId;
  }

  hash(): EntryHash {
    return this.#fixed(HASH_BYTES) as EntryHash;
  }

  digest(): StateDigest {
    return this.#fixed(HASH_BYTES) as StateDigest;
  }

  clusterId(): ClusterId {
    return this.#fixed(HASH_BYTES) as ClusterId;
  }

  signature(): Signature {
    const bytes = this.bytes();
    if (bytes.length !== SIGNATURE_BYTES) {
      throw new DecodeError('bad-field', 'a signature has 64 bytes');
    }
    return bytes as Signature;
  }

  get isAtEnd(): boolean {
    return this.#next === this.#items.length;
  }

  end(): void {
    if (this.#next !== this.#items.length) throw new DecodeError('wrong-shape', 'extra fields');
  }

  #fixed(length: number): string {
    const bytes = this.bytes();
    if (bytes.length !== length)
      throw new DecodeError('bad-field', `${length} bytes were expected`);
    return toHex(bytes);
  }
}

/** Runs `read` on the fields of a list and refuses left-over fields. */
export function readFields<T>(item: Item | undefined, read: (fields: FieldReader) => T): T {
  const fields = new FieldReader(item);
  const value = read(fields);
  fields.end();
  return value;
}
