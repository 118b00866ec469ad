import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeValue, encodeValue, VALUE_DEPTH_MAX } from './json-value.ts';
import type { JsonValue } from './push.ts';

describe('values of pushes', () => {
  it('come back as they were, or are refused', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        let bytes: Uint8Array;
        try {
          bytes = encodeValue(value as JsonValue);
        } catch (error) {
          expect(error).toMatchObject({ code: 'invalid-value' });
          return;
        }
        // Minus zero is the one number that JSON writes as another of the same value.
        expect(JSON.stringify(decodeValue(bytes))).toBe(JSON.stringify(value));
      }),
      { numRuns: 1000 },
    );
  });

  it('takes everything JSON can say', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        expect(decodeValue(encodeValue(value as JsonValue))).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });

  it('refuses what JSON would change without a word', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    const hidden = { toJSON: () => 1 };
    const bad = [
      undefined,
      () => 1,
      1n,
      Number.NaN,
      [undefined],
      new Array(1),
      new Date(),
      new Map(),
      new Uint8Array(1),
      hidden,
      circle,
      '\udc00',
      { '\udc00': 1 },
    ];
    for (const value of bad) {
      expect(() => encodeValue(value as JsonValue)).toThrow(/JSON can not carry/);
    }
    let deep: JsonValue = 0;
    for (let depth = 0; depth < VALUE_DEPTH_MAX; depth += 1) deep = [deep];
    expect(decodeValue(encodeValue(deep))).toEqual(deep);
    expect(() => encodeValue([deep])).toThrow(/nested/);
  });
});
