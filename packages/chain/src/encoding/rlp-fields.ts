/**
 * Records as RLP lists, described once for both directions. Decoding is strict: one encoding for each value, and
 * `RangeError` or `ChainError` for anything else.
 */
import { RLP } from '@ethereumjs/rlp';
import { type Address, addressOf, type Hash, hashOf } from '../primitives.ts';
import { bigintToBytes, bytesToBigint } from './quantity.ts';
import { type RlpItem, readRlp } from './rlp-reader.ts';

export type RlpValue = Uint8Array | RlpValue[];

/** How one value stands in a record. */
export interface Field<Value> {
  encode(value: Value): RlpValue;
  /** Throws `RangeError`. */
  decode(item: RlpItem): Value;
}

/** A field of any value. */
interface AnyField {
  encode(value: never): RlpValue;
  decode(item: RlpItem): unknown;
}

/** What a record consists of, by name, in order. */
export type Fields = Readonly<Record<string, AnyField>>;

/** The values of described fields. */
export type RecordOf<F> = {
  readonly [Name in keyof F]: F[Name] extends Field<infer Value> ? Value : never;
};

const WORD_BYTES = 32;
const ADDRESS_BYTES = 20;

/** Up to 32 bytes. */
export const amount: Field<bigint> = {
  encode: bigintToBytes,
  decode: (item) => {
    const bytes = bytesIn(item);
    if (bytes[0] === 0 || bytes.length > WORD_BYTES) throw new RangeError('an amount');
    return bytesToBigint(bytes);
  },
};

/** A whole number from 0 to 2^53 - 1. */
export const integer: Field<number> = {
  encode: (value) => bigintToBytes(BigInt(value)),
  decode: (item) => {
    const value = Number(amount.decode(item));
    if (!Number.isSafeInteger(value)) throw new RangeError('an integer beyond 2^53');
    return value;
  },
};

/** A whole number of either sign: zigzag. */
export const signedInteger: Field<number> = {
  encode: (value) => bigintToBytes(value < 0 ? BigInt(-value) * 2n - 1n : BigInt(value) * 2n),
  decode: (item) => {
    const value = amount.decode(item);
    const number = Number(value % 2n === 0n ? value / 2n : -(value + 1n) / 2n);
    if (!Number.isSafeInteger(number)) throw new RangeError('an integer beyond 2^53');
    return number;
  },
};

export const flag: Field<boolean> = {
  encode: (value) => bigintToBytes(value ? 1n : 0n),
  decode: (item) => {
    const value = amount.decode(item);
    if (value > 1n) throw new RangeError('a flag is 0 or 1');
    return value === 1n;
  },
};

/** A copy on decoding: the input is not kept in memory for it. */
export const bytes: Field<Uint8Array> = {
  encode: (value) => value,
  decode: (item) => Uint8Array.from(bytesIn(item)),
};

export const hash: Field<Hash> = {
  encode: (value) => Buffer.from(value.slice(2), 'hex'),
  decode: (item) => hashOf(exactly(bytesIn(item), WORD_BYTES)),
};

export const address: Field<Address> = {
  encode: (value) => Buffer.from(value.slice(2), 'hex'),
  decode: (item) => addressOf(exactly(bytesIn(item), ADDRESS_BYTES)),
};

/** A list of nothing, or of the value. */
export function nullable<Value>(field: Field<Value>): Field<Value | null> {
  return {
    encode: (value) => (value === null ? [] : [field.encode(value)]),
    decode: (item) => {
      const [first, ...rest] = itemsIn(item);
      if (rest.length > 0) throw new RangeError('one value or none');
      return first === undefined ? null : field.decode(first);
    },
  };
}

export function listOf<Value>(field: Field<Value>, lengthMax: number): Field<readonly Value[]> {
  return {
    encode: (values) => values.map((value) => field.encode(value)),
    decode: (item) => {
      const items = itemsIn(item);
      if (items.length > lengthMax) throw new RangeError(`more than ${lengthMax} items`);
      return items.map((one) => field.decode(one));
    },
  };
}

/** A list of the fields in the order in which they are described. */
export function record<const F extends Fields>(fields: F): Field<RecordOf<F>> {
  const names = Object.keys(fields);
  const fieldOf = (name: string) => fields[name] as Field<unknown>;
  return {
    encode: (values) =>
      names.map((name) => fieldOf(name).encode((values as Record<string, unknown>)[name])),
    decode: (item) => {
      const items = itemsIn(item);
      if (items.length !== names.length) throw new RangeError(`${names.length} fields expected`);
      const entries = names.map((name, at) => [name, fieldOf(name).decode(itemAt(items, at))]);
      return Object.fromEntries(entries) as RecordOf<F>;
    },
  };
}

export function encodeField<Value>(field: Field<Value>, value: Value): Uint8Array {
  return RLP.encode(field.encode(value));
}

/** Throws `RangeError` or `ChainError` for anything but what `encodeField` writes. */
export function decodeField<Value>(field: Field<Value>, encoded: Uint8Array): Value {
  return field.decode(readRlp(encoded, DEPTH_MAX));
}

/** Lists within lists. */
const DEPTH_MAX = 8;

export function itemsIn(item: RlpItem): readonly RlpItem[] {
  if (item instanceof Uint8Array) throw new RangeError('a list expected');
  return item;
}

function bytesIn(item: RlpItem): Uint8Array {
  if (item instanceof Uint8Array) return item;
  throw new RangeError('bytes expected');
}

function itemAt(items: readonly RlpItem[], at: number): RlpItem {
  const item = items[at];
  if (item === undefined) throw new RangeError('a field is missing');
  return item;
}

function exactly(value: Uint8Array, length: number): Uint8Array {
  if (value.length !== length) throw new RangeError(`${length} bytes expected`);
  return value;
}
