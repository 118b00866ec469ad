import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { address, data, hash, parseQuantity, parseStorageKey, uint64, uint256 } from './hex.ts';

describe('a quantity', () => {
  test('reads back any value that fits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }), (value) => {
        expect(parseQuantity(`0x${value.toString(16)}`, 256)).toBe(value);
        expect(parseQuantity(`0X${value.toString(16).toUpperCase()}`, 256)).toBe(value);
      }),
    );
  });

  test.each([
    ['', 'empty hex string'],
    ['0x', 'hex string "0x"'],
    ['1', 'hex string without 0x prefix'],
    ['-0x1', 'hex string without 0x prefix'],
    ['0x-1', 'invalid hex string'],
    ['0x1.5', 'invalid hex string'],
    ['0x 1', 'invalid hex string'],
    ['0x00', 'hex number with leading zero digits'],
    ['0x01', 'hex number with leading zero digits'],
    [`0x1${'0'.repeat(64)}`, 'hex number > 256 bits'],
  ])('refuses %j: %s', (text, reason) => {
    const result = uint256.safeParse(text);
    expect(result.error?.issues[0]?.message).toBe(reason);
  });

  const noStrings: unknown[] = [1, 1.5, -1, true, {}, []];
  test.each(noStrings.map((value) => ({ value })))(
    'refuses $value, which is no string',
    ({ value }) => {
      expect(uint256.safeParse(value).error?.issues[0]?.message).toBe('non-string');
    },
  );

  test('is bounded by its width', () => {
    expect(uint64.parse('0xffffffffffffffff')).toBe(2n ** 64n - 1n);
    expect(uint64.safeParse('0x10000000000000000').success).toBe(false);
  });
});

test('data, addresses and hashes come out in lower case and of their length', () => {
  expect(data.parse('0xABcd')).toBe('0xabcd');
  expect(data.parse('0x')).toBe('0x');
  expect(data.safeParse('0xabc').success).toBe(false);
  expect(address.parse(`0x${'Ab'.repeat(20)}`)).toBe(`0x${'ab'.repeat(20)}`);
  expect(address.safeParse(`0x${'ab'.repeat(19)}`).success).toBe(false);
  expect(hash.safeParse(`0x${'ab'.repeat(33)}`).success).toBe(false);
});

test('storage keys may be odd, short, padded and bare', () => {
  for (const text of ['0x5', '5', '05', '0x0005', `0x${'5'.padStart(64, '0')}`]) {
    expect(parseStorageKey(text).slot).toBe(5n);
  }
  expect(parseStorageKey('0x5').isWholeWord).toBe(false);
  expect(parseStorageKey(`0x${'5'.padStart(64, '0')}`).isWholeWord).toBe(true);
  expect(() => parseStorageKey(`0x${'1'.repeat(65)}`)).toThrow('too long');
  expect(() => parseStorageKey('0xzz')).toThrow('invalid');
});
