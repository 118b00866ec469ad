import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseStateHistory } from './state-history.ts';

describe('--state-history', () => {
  it.each(['archive', '1', '10000'])('takes %s and passes it on as it is', (text) => {
    expect(String(parseStateHistory(text))).toBe(text);
  });

  it.each(['', '0', '-1', '1.5', '1e3', 'all', '9007199254740993'])('refuses "%s"', (text) => {
    expect(() => parseStateHistory(text)).toThrow(InvalidArgumentError);
  });
});
