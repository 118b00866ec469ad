import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../random.ts';
import { type Operation, OperationPlan } from './operation-plan.ts';

function operations(seed: string, client: number, count: number): readonly Operation[] {
  const plan = new OperationPlan({
    random: new SeededRandom(seed),
    client,
    nodes: [1, 2, 3],
    accounts: ['0xa', '0xb', '0xc'],
  });
  return Array.from({ length: count }, () => plan.next());
}

describe('OperationPlan', () => {
  it('follows from the seed', () => {
    expect(operations('1', 1, 200)).toEqual(operations('1', 1, 200));
    expect(operations('1', 1, 200)).not.toEqual(operations('2', 1, 200));
  });

  it('has every kind of operation, at every node, most often at home', () => {
    const drawn = operations('3', 2, 1_000);
    expect(new Set(drawn.map(({ kind }) => kind)).size).toBe(6);
    const atHome = drawn.filter(({ node }) => node === 2).length;
    expect(new Set(drawn.map(({ node }) => node))).toEqual(new Set([1, 2, 3]));
    expect(atHome).toBeGreaterThan(700);
  });

  it('never writes a value twice, whichever client writes', () => {
    const values = [1, 2].flatMap((client) =>
      operations('4', client, 1_000).flatMap((operation) =>
        operation.kind === 'write' ? [operation.value] : [],
      ),
    );
    expect(new Set(values).size).toBe(values.length);
  });
});
