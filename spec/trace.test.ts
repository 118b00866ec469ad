import { describe, expect, it } from 'vitest';
import { readTrace } from './trace.ts';

describe('readTrace', () => {
  it('reads integers, sets, tuples, maps, lists and records', () => {
    const integer = (value: number) => ({ '#bigint': String(value) });
    const text = JSON.stringify({
      '#meta': { format: 'ITF' },
      vars: ['a', 'b', 'c'],
      states: [
        {
          '#meta': { index: 0 },
          a: { '#map': [[integer(1), { '#set': [integer(2), integer(-3)] }]] },
          b: { '#tup': [true, 'text'] },
          c: [{ tag: 'Begin', value: { '#tup': [] } }],
        },
      ],
    });
    expect(readTrace(text)).toEqual([
      { a: [[1, [2, -3]]], b: [true, 'text'], c: [{ tag: 'Begin', value: [] }] },
    ]);
  });

  it('refuses what is no trace, and no value of one', () => {
    expect(() => readTrace('{}')).toThrow(/states/);
    expect(() => readTrace('{"states":[{"a":null}]}')).toThrow(RangeError);
  });
});
