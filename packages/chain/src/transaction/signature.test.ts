import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { privateKeys } from '../testing/arbitrary-transaction.ts';
import { nativeScheme, nobleScheme, type RecoverableSignature } from './signature.ts';

const ORDER = secp256k1.Point.Fn.ORDER;
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });
const parities = fc.constantFrom<(0 | 1)[]>(0, 1);

describe.skipIf(nativeScheme === undefined)('native and JavaScript signatures', () => {
  const native = nativeScheme ?? nobleScheme;

  it('sign alike and recover the signer', () => {
    fc.assert(
      fc.property(digests, privateKeys, (digest, key) => {
        const signature = nobleScheme.sign(digest, key);
        expect(native.sign(digest, key)).toEqual(signature);
        const publicKey = secp256k1.getPublicKey(key, false).subarray(1);
        expect(native.recover(digest, signature)).toEqual(publicKey);
        expect(nobleScheme.recover(digest, signature)).toEqual(publicKey);
      }),
      { numRuns: 30 },
    );
  });

  it('agree on arbitrary bytes in place of a signature', () => {
    const compacts = fc.uint8Array({ minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(digests, compacts, parities, (digest, compact, yParity) => {
        const signature = { compact, yParity };
        expect(native.recover(digest, signature)).toEqual(nobleScheme.recover(digest, signature));
      }),
      { numRuns: 100 },
    );
  });

  it('agree on a high s and recover the same key from it', () => {
    fc.assert(
      fc.property(digests, privateKeys, (digest, key) => {
        const low = nobleScheme.sign(digest, key);
        const s = BigInt(`0x${Buffer.from(low.compact.subarray(32)).toString('hex')}`);
        const high: RecoverableSignature = {
          compact: new Uint8Array([...low.compact.subarray(0, 32), ...word(ORDER - s)]),
          yParity: low.yParity === 0 ? 1 : 0,
        };
        const publicKey = secp256k1.getPublicKey(key, false).subarray(1);
        expect(native.recover(digest, high)).toEqual(publicKey);
        expect(nobleScheme.recover(digest, high)).toEqual(publicKey);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['zero r', 0n, 1n],
    ['zero s', 1n, 0n],
    ['r of the order', ORDER, 1n],
    ['s of the order', 1n, ORDER],
    ['the largest words', 2n ** 256n - 1n, 2n ** 256n - 1n],
    // 5 is not the x coordinate of a point of the curve.
    ['r off the curve', 5n, 1n],
  ])('both refuse %s', (_name, r, s) => {
    const signature = { compact: new Uint8Array([...word(r), ...word(s)]), yParity: 0 as const };
    const digest = new Uint8Array(32).fill(7);
    expect(native.recover(digest, signature)).toBeUndefined();
    expect(nobleScheme.recover(digest, signature)).toBeUndefined();
  });
});

function word(value: bigint): Uint8Array {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}
