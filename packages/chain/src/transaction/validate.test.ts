import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { bigIntMax } from '@ethereumjs/util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TransactionData } from '../block/block-data.ts';
import { ChainError } from '../errors.ts';
import { type Hex, weiOf } from '../primitives.ts';
import { unsignedTransactions } from '../testing/arbitrary-transaction.ts';
import { decodeTransaction } from './decode.ts';
import { executableTransaction } from './executable.ts';
import { transactionGas } from './intrinsic-gas.ts';
import { signTransaction, type UnsignedTransaction } from './sign.ts';
import { maximumCost, validateTransaction } from './validate.ts';

const KEY = new Uint8Array(32).fill(9);
const at = (hardfork: string) => new Common({ chain: Mainnet, hardfork });

const transfer: UnsignedTransaction = {
  type: 2,
  chainId: 1n,
  nonce: 0n,
  maxFeePerGas: weiOf(2n),
  maxPriorityFeePerGas: weiOf(1n),
  gasLimit: 21_000n,
  to: `0x${'11'.repeat(20)}` as TransactionData['from'],
  value: weiOf(5n),
  input: '0x',
  accessList: [],
};

function dataOf(change: Partial<TransactionData> = {}): TransactionData {
  return { ...decodeTransaction(signTransaction(transfer, KEY)).data, ...change };
}

describe('transactionGas', () => {
  const forks = [Hardfork.Berlin, Hardfork.London, Hardfork.Shanghai, Hardfork.Osaka];
  it.each(forks)('equals the library at %s', (fork) => {
    const common = at(fork);
    fc.assert(
      fc.property(unsignedTransactions(1n), (unsigned) => {
        const minimum = { [Hardfork.Berlin]: 2, [Hardfork.London]: 3, [Hardfork.Shanghai]: 3 };
        fc.pre(unsigned.type < (minimum[fork as keyof typeof minimum] ?? 5));
        const transaction = decodeTransaction(signTransaction(unsigned, KEY));
        const { intrinsic, floor } = transactionGas(transaction.data, common);
        const theirs = executableTransaction(transaction, common);
        expect(intrinsic).toBe(theirs.getIntrinsicGas());
        expect(bigIntMax(intrinsic, floor)).toBe(theirs.getMinimumGasLimit());
      }),
      { numRuns: 40 },
    );
  });
});

describe('validateTransaction', () => {
  const osaka = at(Hardfork.Osaka);

  it('accepts a transfer', () => {
    expect(() => validateTransaction(dataOf(), osaka)).not.toThrow();
  });

  it.each([
    ['a type before its fork', {}, Hardfork.Berlin, 'transaction-type-not-supported'],
    ['a foreign chain id', { chainId: 5n }, Hardfork.Osaka, 'invalid-chain-id'],
    ['too little gas', { gasLimit: 20_999n }, Hardfork.Osaka, 'intrinsic-gas-too-low'],
    ['less gas than the floor', dataHeavy(), Hardfork.Prague, 'intrinsic-gas-too-low'],
    [
      'a tip above the cap',
      { maxPriorityFeePerGas: weiOf(3n) },
      Hardfork.Osaka,
      'tip-above-fee-cap',
    ],
    [
      'gas above the cap of EIP-7825',
      { gasLimit: 16_777_217n },
      Hardfork.Osaka,
      'transaction-gas-limit-too-high',
    ],
    ['the last nonce', { nonce: 2n ** 64n - 1n }, Hardfork.Osaka, 'nonce-max'],
    ['oversized init code', initCode(), Hardfork.Osaka, 'init-code-too-large'],
    ['no authorization', { type: 4, authorizationList: [] }, Hardfork.Osaka, 'invalid-transaction'],
    ['no blob', { type: 3, blobVersionedHashes: [] }, Hardfork.Osaka, 'invalid-transaction'],
    [
      'a price of all gas beyond a word',
      { maxFeePerGas: weiOf(2n ** 256n - 1n) },
      Hardfork.Osaka,
      'insufficient-funds',
    ],
  ] as const)('refuses %s', (_name, change, fork, code) => {
    const attempt = () => validateTransaction(dataOf(change), at(fork));
    expect(attempt).toThrow(ChainError);
    expect(attempt).toThrow(expect.objectContaining({ code }));
  });

  it('accepts gas above the cap of EIP-7825 before Osaka', () => {
    expect(() =>
      validateTransaction(dataOf({ gasLimit: 16_777_217n }), at(Hardfork.Prague)),
    ).not.toThrow();
  });

  it("words an error as geth's pool does", () => {
    expect(() => validateTransaction(dataOf({ gasLimit: 20_999n }), osaka)).toThrow(
      'intrinsic gas too low: gas 20999, minimum needed 21000',
    );
  });
});

describe('maximumCost', () => {
  it('counts value, gas at the fee cap and blobs', () => {
    expect(maximumCost(dataOf())).toBe(5n + 21_000n * 2n);
    const blobs = [dataOf().hash, dataOf().hash];
    expect(maximumCost(dataOf({ blobVersionedHashes: blobs, maxFeePerBlobGas: weiOf(3n) }))).toBe(
      5n + 21_000n * 2n + 2n * 131_072n * 3n,
    );
  });
});

function dataHeavy(): Partial<TransactionData> {
  // 100 nonzero bytes: intrinsic 22,600, floor 25,000.
  return { input: `0x${'ff'.repeat(100)}` as Hex, gasLimit: 24_999n };
}

function initCode(): Partial<TransactionData> {
  return { to: null, input: `0x${'00'.repeat(49_153)}` as Hex, gasLimit: 1_000_000n };
}
