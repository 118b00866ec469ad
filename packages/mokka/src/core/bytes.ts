/** Bytes, hexadecimal digits and SHA-256: the only places where brands of fixed-size values are made from raw bytes. */
import { createHash } from 'node:crypto';

/** Bytes of a hash, a node id and a cluster id. */
export const HASH_BYTES = 32;
/** Bytes of an Ed25519 signature (RFC 8032). */
export const SIGNATURE_BYTES = 64;

/** SHA-256 (FIPS 180-4). */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** Bytes of lower-case hexadecimal digits; the input is one of the core's branded strings, so it is well-formed. */
export function fromHex(digits: string): Uint8Array {
  const bytes = new Uint8Array(digits.length >> 1);
  for (let at = 0; at < bytes.length; at += 1) {
    const high = digitValue(digits.charCodeAt(2 * at));
    bytes[at] = high * 16 + digitValue(digits.charCodeAt(2 * at + 1));
  }
  return bytes;
}

/** Of `0` to `9` and `a` to `f`. */
function digitValue(code: number): number {
  return code < 58 ? code - 48 : code - 87;
}
