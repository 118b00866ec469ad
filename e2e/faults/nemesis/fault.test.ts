import { describe, expect, it } from 'vitest';
import { type Conditions, conditionsOf, type Fault, hasHealthyQuorum } from './fault.ts';

const NODES = [1, 2, 3, 4, 5];

function conditions(fault: Fault, ageMs = 0, victim: number | null = null): Conditions {
  const episode = { id: 1, atMs: 0, durationMs: 4_000, fault, isBeyondTolerance: false };
  return conditionsOf([{ episode, victim, ageMs }], NODES);
}

describe('conditionsOf', () => {
  it('cuts a node off in one direction', () => {
    const fault: Fault = { kind: 'one-way', target: { role: 'leader' }, direction: 'out' };
    expect([...conditions(fault, 0, 2).blocked]).toEqual(['2>1', '2>3', '2>4', '2>5']);
  });

  it('cuts two parts from each other, both ways, and nothing inside a part', () => {
    const { blocked } = conditions({ kind: 'halves', part: [1, 3] });
    expect(blocked.size).toBe(2 * 2 * 3);
    expect(blocked.has('1>2') && blocked.has('2>1')).toBe(true);
    expect(blocked.has('1>3') || blocked.has('2>4')).toBe(false);
  });

  it('leaves a bridge connected with everybody', () => {
    const { blocked } = conditions({ kind: 'bridge', bridge: 3, part: [1, 2] });
    expect([...blocked].filter((direction) => direction.includes('3'))).toEqual([]);
    expect(blocked.size).toBe(2 * 2 * 2);
  });

  it('brings nodes back one after the other, in the order of the fault', () => {
    const fault: Fault = { kind: 'restart-all', order: [4, 2, 5, 1, 3], stepMs: 200 };
    expect(conditions(fault, 0).down).toEqual(new Set(NODES));
    expect(conditions(fault, 3_000).down).toEqual(new Set([2, 5, 1, 3]));
    expect(conditions(fault, 3_400).down).toEqual(new Set([1, 3]));
    expect(conditions(fault, 3_999).down).toEqual(new Set());
  });

  it('stops one node after another in good order, and each is back before the next', () => {
    const fault: Fault = { kind: 'rolling-restart', order: [2, 5, 1] };
    const stopped = [0, 600, 700, 1_400, 2_700, 4_000].map((ageMs) => [
      ...conditions(fault, ageMs).stopped,
    ]);
    expect(stopped).toEqual([[2], [2], [], [5], [1], []]);
    expect(conditions(fault, 0).down.size).toBe(0);
  });
});

describe('hasHealthyQuorum', () => {
  it('needs a quorum of usable nodes', () => {
    const { blocked, resetting } = conditionsOf([], NODES);
    expect(hasHealthyQuorum([1, 2, 5], { blocked, resetting }, 3)).toBe(true);
    expect(hasHealthyQuorum([1, 2], { blocked, resetting }, 3)).toBe(false);
  });

  it('needs one in which everybody reaches everybody', () => {
    expect(hasHealthyQuorum(NODES, conditions({ kind: 'halves', part: [1, 3] }), 3)).toBe(true);
    expect(hasHealthyQuorum([1, 2, 3, 4], conditions({ kind: 'halves', part: [1, 3] }), 3)).toBe(
      false,
    );
    const bridged = conditions({ kind: 'bridge', bridge: 3, part: [1, 2] });
    expect(hasHealthyQuorum(NODES, bridged, 3)).toBe(true);
    expect(hasHealthyQuorum([1, 2, 4, 5], bridged, 3)).toBe(false);
  });
});
