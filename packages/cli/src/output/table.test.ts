import { describe, expect, it } from 'vitest';
import { formatTable } from './table.ts';

describe('table', () => {
  it('aligns columns and puts numbers to the right', () => {
    expect(
      formatTable(
        ['name', 'block'],
        [
          ['a', 7],
          ['longer', 12345],
          ['b', '-'],
        ],
      ),
    ).toEqual(['name    block', 'a           7', 'longer  12345', 'b       -']);
  });
});
