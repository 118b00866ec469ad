import { expect, test } from 'vitest';
import { Random } from './random.ts';

test('streams of one seed differ, and repeat', () => {
  const draw = (seed: number, stream: string): number[] => {
    const random = new Random(seed, stream);
    return Array.from({ length: 8 }, () => random.word());
  };
  expect(draw(1, 'network')).toEqual(draw(1, 'network'));
  expect(draw(1, 'network')).not.toEqual(draw(1, 'disk'));
  expect(draw(1, 'network')).not.toEqual(draw(2, 'network'));
  expect(draw(1, 'network')).not.toEqual(draw(1 + 2 ** 32, 'network'));
});

test('fractions are spread evenly', () => {
  const random = new Random(7);
  const buckets = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 10_000; draw += 1) {
    const bucket = Math.floor(random.fraction() * 10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
