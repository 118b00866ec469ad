import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { createEVM, getActivePrecompiles } from '@ethereumjs/evm';
import { Address } from '@ethereumjs/util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bigintToBytes, bytesToBigint, padLeft } from '../encoding/quantity.ts';
import { modexpPrecompile, modularPower } from './modexp.ts';

const ADDRESS = padLeft(Uint8Array.of(5), 20);
const rules = new Common({ chain: Mainnet, hardfork: Hardfork.Prague });

function word(value: number): Uint8Array {
  return padLeft(bigintToBytes(BigInt(value)), 32);
}

async function call(data: Uint8Array, isOurs: boolean, gasLimit = 100_000_000n) {
  const evm = await createEVM({
    common: rules.copy(),
    ...(isOurs && { customPrecompiles: modexpPrecompile(rules) }),
  });
  const { execResult } = await evm.runCall({ to: new Address(ADDRESS), data, gasLimit });
  const { executionGasUsed, returnValue, exceptionError } = execResult;
  return { executionGasUsed, returnValue: Buffer.from(returnValue), error: exceptionError?.error };
}

it('is a power modulo a number', () => {
  const number = fc.bigInt({ min: 0n, max: 1n << 80n });
  fc.assert(
    fc.property(number, fc.uint8Array({ maxLength: 2 }), number, (base, exponent, modulus) => {
      fc.pre(modulus > 0n);
      let expected = 1n % modulus;
      const power = bytesToBigint(exponent) % 512n;
      for (let i = 0n; i < power; i += 1n) expected = (expected * base) % modulus;
      expect(modularPower(base, bigintToBytes(power), modulus)).toBe(expected);
    }),
    { numRuns: 50 },
  );
});

it('answers and charges as the library does, with data cut short too', async () => {
  const inputs = fc.record({
    base: fc.uint8Array({ maxLength: 12 }),
    // Around the length from which the arithmetic is ours.
    exponent: fc.uint8Array({ minLength: 1_020, maxLength: 1_030 }),
    modulus: fc.uint8Array({ maxLength: 12 }),
    cut: fc.constantFrom(0, 0, 5, 500, 1_100),
    gasLimit: fc.constantFrom(1_000n, 100_000_000n),
  });
  await fc.assert(
    fc.asyncProperty(inputs, async ({ base, exponent, modulus, cut, gasLimit }) => {
      const head = [base, exponent, modulus].map(({ length }) => word(length));
      const whole = Buffer.concat([...head, base, exponent, modulus]);
      const data = whole.subarray(0, Math.max(0, whole.length - cut));
      expect(await call(data, true, gasLimit)).toEqual(await call(data, false, gasLimit));
    }),
    { numRuns: 20 },
  );
});

it('takes time in proportion to gas for a long exponent that is mostly padding', async () => {
  // The library needs minutes for this million gas.
  const head = [8, 375_000, 8].map(word);
  const exponent = Uint8Array.of(0xff);
  const data = Buffer.concat([...head, new Uint8Array(8).fill(0xfe), exponent]);
  const withModulus = Buffer.concat([
    data,
    new Uint8Array(375_000 - exponent.length),
    new Uint8Array(8).fill(0xfd),
  ]);
  const { executionGasUsed, returnValue } = await call(withModulus, true);
  expect(executionGasUsed).toBeLessThan(1_100_000n);
  expect(bytesToBigint(returnValue)).toBeLessThan(0xfdfdfdfdfdfdfdfdn);
}, 20_000);

it('does not exist before Byzantium', () => {
  const homestead = new Common({ chain: Mainnet, hardfork: Hardfork.Homestead });
  expect(modexpPrecompile(homestead)).toEqual([]);
  expect(getActivePrecompiles(homestead).has(Buffer.from(ADDRESS).toString('hex'))).toBe(false);
});
