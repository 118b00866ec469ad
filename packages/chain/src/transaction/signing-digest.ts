/**
 * What a sender signed. The unsigned fields are a prefix of the signed encoding, so they are hashed as they stand
 * under a new list header, without encoding them again.
 */
import { RLP } from '@ethereumjs/rlp';
import { keccak256 } from '../crypto/keccak.ts';
import type { RlpItem } from '../encoding/rlp-reader.ts';
import { bytesOfItem } from './fields.ts';

const EMPTY_STRING = 0x80;

/**
 * Digest of the transaction with these bytes and items.
 * `protectedFor` is the chain id of a legacy transaction with replay protection (EIP-155).
 */
export function signingDigest(
  raw: Uint8Array,
  items: readonly RlpItem[],
  protectedFor: bigint | undefined,
): Uint8Array {
  const typeBytes = (raw[0] ?? 0) < 0xc0 ? 1 : 0;
  const start = typeBytes + headerBytes(raw[typeBytes] ?? 0);
  const end = items.slice(-3).reduce<number>((at, item) => at - encodedBytes(item), raw.length);
  const fields = raw.subarray(start, end);
  const suffix = protectedFor === undefined ? new Uint8Array() : protectionOf(protectedFor);
  return keccak256(
    Buffer.concat([
      raw.subarray(0, typeBytes),
      header(fields.length + suffix.length),
      fields,
      suffix,
    ]),
  );
}

function protectionOf(chainId: bigint): Uint8Array {
  return Buffer.concat([RLP.encode(chainId), new Uint8Array([EMPTY_STRING, EMPTY_STRING])]);
}

function header(length: number): Uint8Array {
  if (length <= 55) return new Uint8Array([0xc0 + length]);
  const digits = length.toString(16);
  const size = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([new Uint8Array([0xf7 + size.length]), size]);
}

function headerBytes(first: number): number {
  return first <= 0xf7 ? 1 : 1 + first - 0xf7;
}

/** Of a scalar of at most 32 bytes. */
function encodedBytes(item: RlpItem): number {
  const bytes = bytesOfItem(item, 'signature');
  return bytes.length === 1 && (bytes[0] ?? 0) < EMPTY_STRING ? 1 : 1 + bytes.length;
}
