/**
 * Values of the chain, branded so that the compiler keeps them apart. Made by decoders only; trusted inside.
 */
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** `0x` and an even number of lower-case hexadecimal digits. */
export type Hex = `0x${string}`;
/** 20 bytes, lower case, without checksum. */
export type Address = Branded<Hex, 'Address'>;
/** 32 bytes: a block, transaction, state root or code hash. */
export type Hash = Branded<Hex, 'Hash'>;
/** 256 bytes: a bloom filter of logs (Yellow Paper 4.3.1). */
export type Bloom = Branded<Hex, 'Bloom'>;
/** Amount in wei. */
export type Wei = Branded<bigint, 'Wei'>;
/** Height of a block, counted from 0 at genesis. Never an index of the consensus log. */
export type BlockNumber = Branded<number, 'BlockNumber'>;

/** A block named by its place and its content. */
export interface BlockRef {
  readonly number: BlockNumber;
  readonly hash: Hash;
}

/** Lower-case hexadecimal text of bytes. */
export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** Bytes of a `Hex`; the type vouches for its form. */
export function bytesOf(hex: Hex): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), 'hex'));
}

/** Throws `RangeError` unless there are 20 bytes. */
export function addressOf(bytes: Uint8Array): Address {
  requireLength(bytes, 20, 'an address');
  return hexOf(bytes) as Address;
}

/** Throws `RangeError` unless there are 32 bytes. */
export function hashOf(bytes: Uint8Array): Hash {
  requireLength(bytes, 32, 'a hash');
  return hexOf(bytes) as Hash;
}

/** Throws `RangeError` below zero and above 2^256 - 1. */
export function weiOf(value: bigint): Wei {
  if (value < 0n || value >= 1n << 256n) throw new RangeError(`Not an amount in wei: ${value}.`);
  return value as Wei;
}

/** Throws `RangeError` unless it is a safe integer from 0 up. */
export function blockNumberOf(value: number | bigint): BlockNumber {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0) {
    throw new RangeError(`Not a block number: ${value}.`);
  }
  return number as BlockNumber;
}

function requireLength(bytes: Uint8Array, length: number, what: string): void {
  if (bytes.length !== length) {
    throw new RangeError(`Expected ${length} bytes for ${what}, got ${bytes.length}.`);
  }
}

/** Throws `RangeError` unless there are 256 bytes. */
export function bloomOf(bytes: Uint8Array): Bloom {
  requireLength(bytes, 256, 'a bloom');
  return hexOf(bytes) as Bloom;
}

/** From text of any case. Throws `RangeError` unless it is `0x` and 64 hexadecimal digits. */
export function parseHash(text: string): Hash {
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) throw new RangeError(`Not a 32-byte hash: ${text}.`);
  return text.toLowerCase() as Hash;
}

/** From text of any case. Throws `RangeError` unless it is `0x` and 40 hexadecimal digits. */
export function parseAddress(text: string): Address {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new RangeError(`Not a 20-byte address: ${text}.`);
  return text.toLowerCase() as Address;
}

/** A storage slot's number as its 32-byte key. Throws `RangeError` outside 0 to 2^256 - 1. */
export function slotOf(slot: bigint): Hash {
  if (slot < 0n || slot >= 1n << 256n) throw new RangeError(`Not a storage slot: ${slot}.`);
  return `0x${slot.toString(16).padStart(64, '0')}` as Hash;
}
