/**
 * Checksums on stored values that do not verify themselves by their hash. The key is part of the sum, so a value
 * found under another key is noticed too.
 */
import { corruptStore } from '../errors.ts';
import { hexOf } from '../primitives.ts';

const CHECKSUM_BYTES = 4;
/** CRC-32C (Castagnoli), reflected. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

function crc32c(crc: number, bytes: Uint8Array): number {
  let value = ~crc;
  for (const byte of bytes) value = (value >>> 8) ^ (TABLE[(value ^ byte) & 0xff] ?? 0);
  return ~value >>> 0;
}

/** Value with its checksum behind it. */
export function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafe(value.length + CHECKSUM_BYTES);
  sealed.set(value);
  sealed.writeUInt32BE(crc32c(crc32c(0, key), value), value.length);
  return sealed;
}

/** The value without its checksum. Throws `ChainError` `corrupt-store` when it does not match. */
export function unseal(table: string, key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const length = sealed.length - CHECKSUM_BYTES;
  const value = sealed.subarray(0, Math.max(length, 0));
  const view = new DataView(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (length < 0 || view.getUint32(length) !== crc32c(crc32c(0, key), value)) {
    throw corruptStore(`a value of table ${table} fails its checksum`, { table, key: hexOf(key) });
  }
  return value;
}
