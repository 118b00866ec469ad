/**
 * Integers as RLP and tries hold them: big-endian without leading zeros, zero as no bytes.
 */

const NO_BYTES = new Uint8Array(0);

export function bigintToBytes(value: bigint): Uint8Array {
  if (value === 0n) return NO_BYTES;
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

export function bytesToBigint(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  return BigInt(
    `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`,
  );
}

/** Throws `TypeError` when the value does not fit a safe integer. */
export function bytesToNumber(bytes: Uint8Array): number {
  const value = Number(bytesToBigint(bytes));
  if (!Number.isSafeInteger(value)) throw new TypeError('number beyond 2^53');
  return value;
}

/** Drops leading zero bytes. */
export function trimZeros(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length && bytes[start] === 0) start += 1;
  return start === 0 ? bytes : bytes.subarray(start);
}

/** Pads with zero bytes in front. */
export function padLeft(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length) return bytes;
  const padded = new Uint8Array(length);
  padded.set(bytes, length - bytes.length);
  return padded;
}
