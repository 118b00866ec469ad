import { RLP } from '@ethereumjs/rlp';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChainError } from '../errors.ts';
import { type RlpItem, readRlp } from './rlp-reader.ts';

const DEPTH = 5;

type Nested = Uint8Array | Nested[];
const { nested } = fc.letrec<{ nested: Nested }>((tie) => ({
  nested: fc.oneof(
    { maxDepth: DEPTH - 1, depthSize: 'small' },
    fc.uint8Array({ maxLength: 80 }),
    fc.array(tie('nested'), { maxLength: 6 }),
  ),
}));

describe('readRlp', () => {
  it('reads back what the library encodes', () => {
    fc.assert(
      fc.property(nested, (value) => {
        expect(plain(readRlp(RLP.encode(value), DEPTH))).toEqual(plain(value));
      }),
    );
  });

  it('accepts only the one encoding of a value', () => {
    const prefixes = fc.constantFrom(0x80, 0x81, 0xb7, 0xb8, 0xb9, 0xc0, 0xc1, 0xf7, 0xf8, 0xf9);
    const inputs = fc
      .tuple(prefixes, fc.uint8Array({ maxLength: 70 }))
      .map(([prefix, rest]) => new Uint8Array([prefix, ...rest]));
    fc.assert(
      fc.property(fc.oneof(inputs, fc.uint8Array({ maxLength: 70 })), (input) => {
        let item: RlpItem;
        try {
          item = readRlp(input, DEPTH);
        } catch (error) {
          expect(error).toBeInstanceOf(ChainError);
          return;
        }
        expect(RLP.encode(mutable(item))).toEqual(input);
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses a deep nest of lists without reading it', () => {
    const deep = new Uint8Array(100_000).fill(0xc1);
    expect(() => readRlp(deep, 4)).toThrow('longer than its input');
    let nest: Uint8Array = new Uint8Array([0xc0]);
    for (let level = 0; level < 5; level++) nest = new Uint8Array([0xc0 + nest.length, ...nest]);
    expect(() => readRlp(nest, 4)).toThrow('nested too deep');
  });
});

function plain(item: RlpItem): unknown {
  return item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item.map(plain);
}

function mutable(item: RlpItem): Nested {
  return item instanceof Uint8Array ? item : item.map(mutable);
}
