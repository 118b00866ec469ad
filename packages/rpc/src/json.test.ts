import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nestsDeeperThan } from './json.ts';

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test('the nesting of a text is that of the value it stands for', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(9), (value, depthMax) => {
      expect(nestsDeeperThan(JSON.stringify(value), depthMax)).toBe(depthOf(value) > depthMax);
    }),
  );
});

test('brackets and quotes inside strings do not count', () => {
  expect(nestsDeeperThan(JSON.stringify(['[[[["{{', '\\"[[']), 1)).toBe(false);
});
