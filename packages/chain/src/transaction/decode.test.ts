import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createLegacyTx, createTxFromRLP } from '@ethereumjs/tx';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainError } from '../errors.ts';
import { bytesOf, hexOf, weiOf } from '../primitives.ts';
import { privateKeys, unsignedTransactions } from '../testing/arbitrary-transaction.ts';
import { BLOB_TRANSACTION_BYTES_MAX, decodeTransaction, TRANSACTION_BYTES_MAX } from './decode.ts';
import { executableTransaction } from './executable.ts';
import { signTransaction, type UnsignedTransaction } from './sign.ts';
import { nobleScheme } from './signature.ts';

const CHAIN_ID = 1n;
const common = new Common({ chain: Mainnet, hardfork: Hardfork.Osaka });
const KEY = new Uint8Array(32).fill(3);

const transfer: UnsignedTransaction = {
  type: 0,
  chainId: CHAIN_ID,
  nonce: 7n,
  gasPrice: weiOf(1_000_000_000n),
  gasLimit: 21_000n,
  to: null,
  value: weiOf(5n),
  input: '0x',
};

describe('decodeTransaction', () => {
  it('decodes what it signs, and agrees with the library on hash and sender', () => {
    fc.assert(
      fc.property(unsignedTransactions(CHAIN_ID), privateKeys, (unsigned, key) => {
        const raw = signTransaction(unsigned, key);
        const { data } = decodeTransaction(raw);
        expect(data).toMatchObject(unsigned);
        const theirs = createTxFromRLP(raw, { common, allowUnlimitedInitCodeSize: true });
        expect(data.hash).toBe(hexOf(theirs.hash()));
        expect(data.from).toBe(theirs.getSenderAddress().toString());
        expect(data.v).toBe(theirs.v);
      }),
      { numRuns: 60 },
    );
  });

  it('recovers the same sender with either implementation', () => {
    fc.assert(
      fc.property(unsignedTransactions(CHAIN_ID), privateKeys, (unsigned, key) => {
        const raw = signTransaction(unsigned, key, nobleScheme);
        expect(decodeTransaction(raw, nobleScheme)).toEqual(decodeTransaction(raw));
      }),
      { numRuns: 20 },
    );
  });

  it('gives the executor the sender without another recovery', () => {
    const transaction = decodeTransaction(signTransaction(transfer, KEY));
    const executable = executableTransaction(transaction, common);
    const publicKey = secp256k1.getPublicKey(KEY, false).subarray(1);
    expect(executable.cache.senderPubKey).toEqual(publicKey);
    expect(executable.getSenderAddress().toString()).toBe(transaction.data.from);
    expect(hexOf(executable.serialize())).toBe(hexOf(transaction.raw));
    expect(executable.common.param('txGas')).toBe(21_000n);
  });

  it('answers any damage with a coded error', () => {
    const codes = new Set([
      'invalid-transaction',
      'invalid-sender',
      'transaction-type-not-supported',
      'oversized-transaction',
    ]);
    fc.assert(
      fc.property(
        unsignedTransactions(CHAIN_ID),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.constantFrom('flip', 'cut', 'append'),
        (unsigned, position, change, kind) => {
          const raw = signTransaction(unsigned, KEY);
          const { hash } = decodeTransaction(raw).data;
          const at = position % raw.length;
          let damaged = Uint8Array.from(raw);
          if (kind === 'flip') damaged[at] = (damaged[at] ?? 0) ^ change;
          if (kind === 'cut') damaged = damaged.slice(0, at);
          if (kind === 'append') damaged = new Uint8Array([...damaged, change]);
          try {
            expect(decodeTransaction(damaged).data.hash).not.toBe(hash);
            expect(kind).toBe('flip');
          } catch (error) {
            if (!(error instanceof ChainError)) throw error;
            expect(codes.has(error.code)).toBe(true);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('decodes a legacy transaction without replay protection', () => {
    // The library signs without EIP-155 before Spurious Dragon.
    const homestead = new Common({ chain: Mainnet, hardfork: Hardfork.Homestead });
    const unprotected = createLegacyTx({ gasLimit: 21_000n }, { common: homestead }).sign(KEY);
    const { data } = decodeTransaction(unprotected.serialize());
    expect(data.chainId).toBeUndefined();
    expect(data.from).toBe(unprotected.getSenderAddress().toString());
    expect([27n, 28n]).toContain(data.v);
  });

  it('refuses a high s', () => {
    const raw = signTransaction(transfer, KEY);
    const tx = createTxFromRLP(raw, { common });
    const flipped = tx.addSignature(
      tx.v === 37n ? 38n : 37n,
      tx.r ?? 0n,
      secp256k1.Point.Fn.ORDER - (tx.s ?? 0n),
    );
    expect(() => decodeTransaction(flipped.serialize())).toThrow(
      'invalid sender: invalid transaction v, r, s values',
    );
  });

  it.each([
    ['nothing', '0x', 'invalid-transaction'],
    ['an unknown type', '0x05c0', 'transaction-type-not-supported'],
    ['an envelope of type zero', '0x00c0', 'transaction-type-not-supported'],
    ['a string of bytes', '0x83010203', 'invalid-transaction'],
    ['an empty list', '0xc0', 'invalid-transaction'],
  ] as const)('refuses %s', (_name, raw, code) => {
    expect(codeOf(() => decodeTransaction(bytesOf(raw)))).toBe(code);
  });

  it('bounds the size of a transaction by its type', () => {
    const large = new Uint8Array(TRANSACTION_BYTES_MAX + 1).fill(0xf9);
    expect(codeOf(() => decodeTransaction(large))).toBe('oversized-transaction');
    large[0] = 3;
    expect(codeOf(() => decodeTransaction(large))).toBe('invalid-transaction');
    const huge = new Uint8Array(BLOB_TRANSACTION_BYTES_MAX + 1).fill(3);
    expect(codeOf(() => decodeTransaction(huge))).toBe('oversized-transaction');
  });
});

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof ChainError) return error.code;
    throw error;
  }
}
