import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { formatRetention, parseRetention } from './retention.ts';

describe('--retention', () => {
  it.each(['archive', '1', '100000'])('takes %s and passes it on as it is', (text) => {
    expect(formatRetention(parseRetention(text))).toBe(text);
  });

  it.each(['', '0', '-1', '1.5', '1e3', 'all', '9007199254740993'])('refuses "%s"', (text) => {
    expect(() => parseRetention(text)).toThrow(InvalidArgumentError);
  });
});
