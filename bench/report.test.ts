import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTable, percentile, rounded } from './report.ts';

it('takes percentiles by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 1)).toBe(100);
  expect(percentile([7], 0.99)).toBe(7);
  expect(() => percentile([], 0.5)).toThrow('no samples');
});

it('a percentile is a sample with enough samples at or below it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (samples, fraction) => {
        const value = percentile(samples, fraction);
        expect(samples).toContain(value);
        const below = samples.filter((sample) => sample <= value).length;
        expect(below).toBeGreaterThanOrEqual(fraction * samples.length - 1e-9);
      },
    ),
  );
});

it('rounds to what was measured and aligns columns', () => {
  expect([rounded(1234.5), rounded(12.345), rounded(0.012345)]).toEqual(['1235', '12.3', '0.0123']);
  expect(formatTable(['a', 'bb'], [['long', '1']])).toBe('a      bb\nlong    1');
});
