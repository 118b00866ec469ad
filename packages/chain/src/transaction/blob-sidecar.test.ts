import { createHash } from 'node:crypto';
import { RLP } from '@ethereumjs/rlp';
import { describe, expect, it } from 'vitest';
import { keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { decodeSubmittedTransaction } from './blob-sidecar.ts';
import { decodeTransaction } from './decode.ts';
import { nobleScheme } from './signature.ts';

const KEY = new Uint8Array(32).fill(7);
const COMMITMENTS = [1, 2].map((byte) => new Uint8Array(48).fill(byte));
const BLOB = new Uint8Array(131_072);

const envelope = (items: Parameters<typeof RLP.encode>[0]) =>
  new Uint8Array([3, ...RLP.encode(items)]);

/** The signed fields of a blob transaction with a blob for each commitment. */
function body(): Uint8Array[] {
  const hashes = COMMITMENTS.map((commitment) => {
    const digest = createHash('sha256').update(commitment).digest();
    digest[0] = 1;
    return Uint8Array.from(digest);
  });
  const fields = [
    ...[1n, 0n, 1n, 2n, 21_000n].map(bigintToBytes),
    new Uint8Array(20).fill(9),
    new Uint8Array(),
    new Uint8Array(),
    [],
    bigintToBytes(5n),
    hashes,
  ];
  const { compact, yParity } = nobleScheme.sign(keccak256(envelope(fields)), KEY);
  const signature = [bigintToBytes(BigInt(yParity)), compact.subarray(0, 32), compact.subarray(32)];
  return [...fields, ...signature] as Uint8Array[];
}

describe('decodeSubmittedTransaction', () => {
  const canonical = envelope(body());
  const blobs = COMMITMENTS.map(() => BLOB);
  const proofs = (count: number) => Array.from({ length: count }, () => new Uint8Array(48));

  it.each([
    ['the network form', [body(), blobs, COMMITMENTS, proofs(2)]],
    ['the form with cell proofs', [body(), Uint8Array.of(1), blobs, COMMITMENTS, proofs(256)]],
  ])('keeps the transaction of %s', (_name, items) => {
    const expected = decodeTransaction(canonical);
    expect(expected.data.blobVersionedHashes).toHaveLength(2);
    const found = decodeSubmittedTransaction(envelope(items as Uint8Array[]));
    expect(found.data).toEqual(expected.data);
    expect(Buffer.compare(found.raw, canonical)).toBe(0);
  });

  it('takes a blob transaction without its blobs as it is', () => {
    expect(decodeSubmittedTransaction(canonical)).toEqual(decodeTransaction(canonical));
  });

  it('leaves the network form out of blocks', () => {
    const network = envelope([body(), blobs, COMMITMENTS, proofs(2)]);
    expect(() => decodeTransaction(network)).toThrow(
      expect.objectContaining({ code: 'invalid-transaction' }),
    );
  });

  it.each([
    ['foreign commitments', [body(), blobs, [...COMMITMENTS].reverse(), proofs(2)], 'commitment'],
    ['a missing blob', [body(), [BLOB], COMMITMENTS, proofs(2)], '2 blobs of 131072 bytes'],
    ['a missing proof', [body(), blobs, COMMITMENTS, proofs(1)], '2 proofs'],
    [
      'too few cell proofs',
      [body(), Uint8Array.of(1), blobs, COMMITMENTS, proofs(2)],
      '256 proofs',
    ],
    ['another version', [body(), Uint8Array.of(2), blobs, COMMITMENTS, proofs(2)], 'version'],
    ['nothing but the transaction', [body()], 'malformed sidecar'],
  ])('refuses %s', (_name, items, message) => {
    const submitted = envelope(items as Uint8Array[]);
    expect(() => decodeSubmittedTransaction(submitted)).toThrow(message);
    expect(() => decodeSubmittedTransaction(submitted)).toThrow(
      expect.objectContaining({ code: 'invalid-transaction' }),
    );
  });
});
