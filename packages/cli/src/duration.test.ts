import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

describe('durations', () => {
  it.each([
    ['2', 2000],
    ['0.5', 500],
    ['500ms', 500],
    ['2s', 2000],
    ['1m', 60_000],
  ])('%s is %i ms', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  it.each(['', '0', '-1', '1h', 's', '1e3', 'Infinity', '2 s', '90000'])('refuses "%s"', (text) => {
    expect(() => parseDuration(text)).toThrow('Write a time such as');
  });
});
