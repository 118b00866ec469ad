import { describe, expect, it } from 'vitest';
import { progressLine } from './progress-line.ts';

describe('a line of progress', () => {
  it.each([
    [0, '[........................] 0 of 200 entries, 50/s, 4 s left'],
    [100, '[############............] 100 of 200 entries, 50/s, 2 s left'],
    [200, '[########################] 200 of 200 entries, 50/s, 0 s left'],
  ])('shows %i of 200', (done, line) => {
    const remainingSeconds = (200 - done) / 50;
    expect(progressLine({ done, total: 200, entriesPerSecond: 50, remainingSeconds })).toBe(line);
  });
});
