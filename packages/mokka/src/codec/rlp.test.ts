/** What a stranger can send as RLP: nothing that costs more than its bytes. */

import { RLP } from '@ethereumjs/rlp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DecodeError } from './decode-error.ts';
import { decodeItem, encodeItem, FieldReader, type Item, integerItem, readFields } from './rlp.ts';

const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

/** A list of `count` items of one byte each. */
function listOfBytes(count: number, first: number): Uint8Array {
  const bytes = new Uint8Array(5 + count).fill(first);
  bytes.set([0xfb, count >>> 24, (count >>> 16) & 255, (count >>> 8) & 255, count & 255]);
  return bytes;
}

describe('decodeItem', () => {
  it.each([
    ['a byte in long form', bytesOf(0x81, 0x05)],
    ['a short string with a long header', bytesOf(0xb8, 0x02, 1, 2)],
    ['a length with a leading zero', bytesOf(0xb9, 0x00, 0x38, ...new Uint8Array(56))],
    ['a short list with a long header', bytesOf(0xf8, 0x01, 0x80)],
    ['a list that ends inside an item', bytesOf(0xc2, 0x82, 1, 2)],
    ['a list whose item ends behind it', bytesOf(0xc2, 0x83, 1, 2, 3)],
    ['bytes behind the item', bytesOf(0xc0, 0xc0)],
    ['a string that is cut off', bytesOf(0x83, 1, 2)],
    ['a length beyond all memory', bytesOf(0xbf, 255, 255, 255, 255, 255, 255, 255, 255)],
    ['no bytes', bytesOf()],
    ['deep nesting', bytesOf(...new Uint8Array(9).map((_, at) => 0xc0 + 8 - at))],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeItem(bytes)).toThrow(DecodeError);
  });

  it.each([
    ['strings', 0x80],
    ['bytes', 0x01],
    ['lists', 0xc0],
  ])('refuses millions of %s before it makes any of them', (_, first) => {
    const bytes = listOfBytes(16 * 1024 * 1024, first);
    const before = process.memoryUsage().rss;
    expect(() => decodeItem(bytes)).toThrow(DecodeError);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('gives back what was encoded', () => {
    const item = [bytesOf(), bytesOf(1), bytesOf(0x80), [bytesOf(...new Uint8Array(60)), []]];
    expect(decodeItem(encodeItem(item))).toEqual(item);
  });
});

describe('integers', () => {
  it.each([
    ['a leading zero', bytesOf(0, 1)],
    ['a zero byte', bytesOf(0)],
    ['2^53', bytesOf(0x20, 0, 0, 0, 0, 0, 0)],
    ['eight bytes', bytesOf(1, 0, 0, 0, 0, 0, 0, 0)],
  ])('refuses %s', (_, bytes) => {
    expect(() => new FieldReader([bytes]).integer()).toThrow(DecodeError);
  });

  it('reads the largest', () => {
    const largest = Number.MAX_SAFE_INTEGER;
    expect(readFields([integerItem(largest)], (fields) => fields.integer())).toBe(largest);
  });
});

describe('encodeItem', () => {
  it('writes what the library writes', () => {
    const { item } = fc.letrec<{ item: Item }>((tie) => ({
      item: fc.oneof(
        { maxDepth: 4 },
        fc.uint8Array({ maxLength: 2 }),
        fc.uint8Array({ minLength: 50, maxLength: 300 }),
        fc.array(tie('item'), { maxLength: 6 }),
      ),
    }));
    fc.assert(
      fc.property(item, (value) => {
        const expected = RLP.encode(value as Parameters<typeof RLP.encode>[0]);
        expect(encodeItem(value)).toEqual(expected);
      }),
    );
  });

  it('writes lengths of three bytes', () => {
    const value = new Uint8Array(70_000).fill(7);
    expect(encodeItem([value])).toEqual(RLP.encode([value]));
  });
});
