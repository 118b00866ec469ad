import { describe, expect, it } from 'vitest';
import { availabilityByKind, commitGaps } from '../report/availability.ts';
import type { Timeline } from '../timeline.ts';
import { checkMonotonicHeights, checkOneLeaderPerTerm, checkProcessEnds } from './nodes.ts';
import { checkProgress, checkRecovery } from './progress.ts';

function timeline(changes: Partial<Timeline> = {}): Timeline {
  return {
    duration: 20_000,
    disturbed: { from: 0, to: 20_000 },
    samples: [],
    heights: [1_000, 2_000, 9_000, 10_000, 19_500].map((at, height) => ({ at, height })),
    faults: [
      { episode: 1, kind: 'kill', nodes: [1], from: 2_500, to: 5_000, description: 'kill node 1' },
      { episode: 2, kind: 'pause', nodes: [2], from: 12_000, to: 13_000, description: 'pause' },
    ],
    states: [],
    healthy: [
      { from: 0, to: 3_000 },
      { from: 8_000, to: 20_000 },
    ],
    unaskedEnds: [],
    recovery: { from: 20_000, to: 20_400 },
    ...changes,
  };
}

const sample = { at: 0, role: 'leader', leader: 1, commitIndex: 0, height: 0 };

describe('checkMonotonicHeights', () => {
  it('reports a node that shows less than before, and compares no two nodes', () => {
    const samples = [
      { ...sample, node: 1, term: 1, height: 5 },
      { ...sample, node: 2, term: 1, height: 4 },
      { ...sample, node: 1, term: 1, height: 6 },
    ];
    expect(checkMonotonicHeights(timeline({ samples })).outcome).toBe('passed');
    samples.push({ ...sample, at: 9, node: 1, term: 1, height: 5 });
    const { violations } = checkMonotonicHeights(timeline({ samples }));
    expect(violations).toEqual(['node 1 showed height 5 at 9 ms, after 6']);
  });
});

describe('checkOneLeaderPerTerm', () => {
  it('passes for one leader of each term and reports two of one', () => {
    const fine = [
      { ...sample, node: 1, term: 1 },
      { ...sample, node: 2, term: 2 },
      { ...sample, node: 3, term: 2, role: 'follower' },
    ];
    expect(checkOneLeaderPerTerm(timeline({ samples: fine })).outcome).toBe('passed');
    const samples = [...fine, { ...sample, node: 3, term: 2 }];
    const { violations } = checkOneLeaderPerTerm(timeline({ samples }));
    expect(violations).toEqual(['nodes 2 and 3 both lead in term 2']);
  });
});

describe('checkProcessEnds', () => {
  const end = { at: 1, node: 1, code: 1, signal: null, diskWasFull: true, output: 'no space left' };

  it('passes for a node that stops in good order because its disk is full', () => {
    expect(checkProcessEnds(timeline({ unaskedEnds: [end] })).outcome).toBe('passed');
  });

  it('passes for a process that was asked to stop before it did anything, and for no other', () => {
    const asked = { ...end, code: null, signal: 'SIGTERM', diskWasFull: false };
    const early = { ...asked, output: '' };
    expect(checkProcessEnds(timeline({ unaskedEnds: [early] })).outcome).toBe('passed');
    expect(checkProcessEnds(timeline({ unaskedEnds: [asked] })).outcome).toBe('failed');
  });

  it('reports a node that ended without a full disk, or by a signal', () => {
    const unaskedEnds = [
      { ...end, diskWasFull: false },
      { ...end, code: null, signal: 'SIGBUS' },
    ];
    expect(checkProcessEnds(timeline({ unaskedEnds })).violations).toEqual([
      'node 1 ended at 1 ms by exit code 1 without a full disk: no space left',
      'node 1 ended at 1 ms by signal SIGBUS with a full disk: no space left',
    ]);
  });
});

describe('checkProgress', () => {
  it('counts only time in which enough nodes were healthy', () => {
    // From 2 s to 9 s there is no commit, and only a second on either side counts.
    expect(checkProgress(timeline(), 9_600).outcome).toBe('passed');
  });

  it('reports a network that stands still although enough nodes are healthy', () => {
    const { violations } = checkProgress(timeline(), 9_000);
    expect(violations).toEqual([
      expect.stringMatching(/^no commit from 10000 to 19500 ms .*pause/),
    ]);
  });
});

describe('commitGaps', () => {
  it('ends when clients stop: what nobody sent can not be committed', () => {
    const gaps = commitGaps(timeline({ disturbed: { from: 500, to: 15_000 } }));
    expect(gaps.at(0)?.from).toBe(500);
    expect(gaps.at(-1)).toMatchObject({ from: 10_000, to: 15_000, after: 'pause' });
  });
});

describe('checkRecovery', () => {
  it('reports nodes that did not come back', () => {
    expect(checkRecovery(timeline()).outcome).toBe('passed');
    const recovery = { from: 20_000, to: null, error: 'clients wait: client 2' };
    const { violations } = checkRecovery(timeline({ recovery }));
    expect(violations).toEqual(['clients wait: client 2']);
  });
});

describe('availabilityByKind', () => {
  it('gives each fault the longest time without a commit that it caused', () => {
    expect(availabilityByKind(timeline())).toEqual([
      { kind: 'kill', episodes: 1, p50Ms: 1_000, worstMs: 1_000 },
      { kind: 'pause', episodes: 1, p50Ms: 9_500, worstMs: 9_500 },
    ]);
  });
});
