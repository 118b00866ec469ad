import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRegister, type RegisterOperation } from './linearizability.ts';
import { checkLinearizableReads } from './linearizable-reads.ts';
import { goodHistory, readOf } from './sample-run.test.support.ts';

const OPTIONS = { initial: 0, configurationsMax: 100_000 };

function write(value: number, invokedAt: number, completedAt: number | null): RegisterOperation {
  return { kind: 'write', value, invokedAt, completedAt };
}

function read(value: number, invokedAt: number, completedAt: number): RegisterOperation {
  return { kind: 'read', value, invokedAt, completedAt };
}

function outcomeOf(...operations: readonly RegisterOperation[]): string {
  return checkRegister(operations, OPTIONS).outcome;
}

describe('checkRegister', () => {
  it('takes a history without overlaps as what it is', () => {
    expect(outcomeOf()).toBe('linearizable');
    expect(outcomeOf(read(0, 0, 1), write(1, 2, 3), read(1, 4, 5))).toBe('linearizable');
  });

  it('refuses a stale read, and says where it is stuck', () => {
    const found = checkRegister([write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)], OPTIONS);
    expect(found).toEqual({
      outcome: 'not-linearizable',
      explanation:
        'with 2 of 3 operations in order the register holds 2, and none of these can be next: read 1 (4 to 5)',
    });
  });

  it('refuses a lost write and a value that nobody wrote', () => {
    expect(outcomeOf(write(1, 0, 1), read(0, 2, 3))).toBe('not-linearizable');
    expect(outcomeOf(read(7, 0, 1))).toBe('not-linearizable');
  });

  it('lets overlapping operations take effect in either order', () => {
    expect(outcomeOf(write(1, 0, 10), read(0, 1, 2), read(1, 3, 4))).toBe('linearizable');
    expect(outcomeOf(write(1, 0, 10), write(2, 0, 10), read(1, 11, 12))).toBe('linearizable');
  });

  it('refuses a value that two reads, one after the other, see come and go', () => {
    expect(outcomeOf(write(1, 0, 10), read(1, 1, 2), read(0, 3, 4))).toBe('not-linearizable');
  });

  it('lets an unknown write happen late, or never, but not before it was sent', () => {
    expect(outcomeOf(write(1, 0, null), read(0, 5, 6), read(1, 7, 8))).toBe('linearizable');
    expect(outcomeOf(write(1, 0, null), read(0, 5, 6))).toBe('linearizable');
    expect(outcomeOf(read(1, 0, 1), write(1, 2, null))).toBe('not-linearizable');
    expect(outcomeOf(write(1, 0, null), read(1, 5, 6), read(0, 7, 8))).toBe('not-linearizable');
  });

  it('says that it does not know when the search is given up', () => {
    const writes = Array.from({ length: 12 }, (_, value) => write(value + 1, 0, 100));
    const found = checkRegister([...writes, read(99, 101, 102)], {
      initial: 0,
      configurationsMax: 50,
    });
    expect(found.outcome).toBe('undecided');
  });

  it('agrees with trying every order, on small histories', () => {
    const operation = fc
      .record({
        kind: fc.constantFrom('read' as const, 'write' as const),
        value: fc.integer({ min: 0, max: 2 }),
        invokedAt: fc.integer({ min: 0, max: 12 }),
        duration: fc.integer({ min: 0, max: 6 }),
        isUnknown: fc.boolean(),
      })
      .map(({ kind, value, invokedAt, duration, isUnknown }): RegisterOperation => {
        const completedAt = kind === 'write' && isUnknown ? null : invokedAt + duration;
        return { kind, value, invokedAt, completedAt };
      });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 6 }), (operations) => {
        const expected = someOrderFits(operations, 0) ? 'linearizable' : 'not-linearizable';
        expect(checkRegister(operations, OPTIONS).outcome).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it('accepts every history of a real register, also a long one with many clients', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat({ max: 1_000_000 }), { minLength: 200, maxLength: 200 }),
        (dice) => {
          expect(checkRegister(playedHistory(dice), OPTIONS).outcome).toBe('linearizable');
        },
      ),
      { numRuns: 20 },
    );
  });
});

/** The dumb twin: any operation that no remaining one precedes may be next; an unknown one may stay away. */
function someOrderFits(remaining: readonly RegisterOperation[], value: number): boolean {
  if (remaining.every(({ completedAt }) => completedAt === null)) return true;
  return remaining.some((next, position) => {
    const others = remaining.filter((_, other) => other !== position);
    const isPreceded = others.some(
      ({ completedAt }) => completedAt !== null && completedAt < next.invokedAt,
    );
    if (isPreceded || (next.kind === 'read' && next.value !== value)) return false;
    return someOrderFits(others, next.value);
  });
}

/** Operations that took effect one after the other, each somewhere between its call and its answer. */
function playedHistory(dice: readonly number[]): readonly RegisterOperation[] {
  let value = 0;
  return dice.map((number, position): RegisterOperation => {
    const invokedAt = position * 10 - (number % 47);
    const completedAt = position * 10 + (number % 53);
    if (number % 2 === 0) return { kind: 'read', value, invokedAt, completedAt };
    value = position + 1;
    return { kind: 'write', value, invokedAt, completedAt: number % 10 === 1 ? null : completedAt };
  });
}

describe('checkLinearizableReads', () => {
  const linearizable = (invokedAt: number, answer: { version: number; value: number }) => ({
    ...readOf('register', invokedAt, answer),
    query: { kind: 'register', key: 0, linearizable: true } as const,
  });

  it('says that nothing was checked when no node offered such reads', () => {
    expect(checkLinearizableReads(goodHistory()).outcome).toBe('skipped');
  });

  it('passes on fresh reads of any node and reports a stale one', () => {
    const history = goodHistory();
    history.reads.push({ ...linearizable(460, { version: 2, value: 12 }), node: 2 });
    expect(checkLinearizableReads(history).outcome).toBe('passed');
    history.reads.push({ ...linearizable(480, { version: 1, value: 11 }), node: 3 });
    const { violations } = checkLinearizableReads(history);
    expect(violations).toEqual([expect.stringMatching(/^register 0 is not-linearizable/)]);
  });
});
