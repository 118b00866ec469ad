import { expect, test } from 'vitest';
import { hashOf } from '../testing/plain-chain.test.support.ts';
import { blockSelector, blockTagOrNumber } from './block-selector.ts';

const HASH = hashOf(5);

test('reads tags, numbers, hashes and the objects of EIP-1898', () => {
  expect(blockSelector.parse('safe')).toEqual({ tag: 'safe' });
  expect(blockSelector.parse('0x10')).toEqual({ number: 16 });
  expect(blockSelector.parse(HASH)).toEqual({ hash: HASH });
  expect(blockSelector.parse({ blockNumber: '0x2' })).toEqual({ number: 2 });
  expect(blockSelector.parse({ blockNumber: 'latest' })).toEqual({ tag: 'latest' });
  expect(blockSelector.parse({ blockHash: HASH })).toEqual({ hash: HASH });
  expect(blockSelector.parse({ blockHash: HASH, requireCanonical: true })).toEqual({
    hash: HASH,
    requireCanonical: true,
  });
});

const refused: unknown[] = [
  'newest',
  'LATEST',
  '16',
  '0x010',
  '',
  12,
  true,
  [],
  {},
  { blockHash: HASH, blockNumber: '0x1' },
  { blockHash: '0x1' },
  { blockNumber: 1 },
  { blockHash: HASH, requireCanonical: 'yes' },
  '0x8000000000000000',
];
test.each(refused.map((value) => ({ value })))('refuses $value', ({ value }) => {
  expect(blockSelector.safeParse(value).success).toBe(false);
});

test('a height beyond exact numbers is one that does not exist', () => {
  expect(blockTagOrNumber.parse('0x7fffffffffffffff')).toEqual({ number: Number.MAX_SAFE_INTEGER });
});

test('methods by number take no hash', () => {
  expect(blockTagOrNumber.safeParse(HASH).success).toBe(false);
});
