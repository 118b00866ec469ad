import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../random.ts';
import { type Episode, FAULT_KINDS } from './fault.ts';
import { drawSchedule } from './schedule.ts';

function draw(seed: number, nodes: number, minutes: number): readonly Episode[] {
  return drawSchedule({
    random: new SeededRandom(String(seed)),
    nodes: Array.from({ length: nodes }, (_, position) => position + 1),
    faultsTolerated: Math.floor((nodes - 1) / 2),
    durationMs: minutes * 60_000,
  });
}

describe('drawSchedule', () => {
  it('draws the same faults from the same seed, and others from another', () => {
    expect(draw(1, 3, 5)).toEqual(draw(1, 3, 5));
    expect(draw(1, 3, 5)).not.toEqual(draw(2, 3, 5));
  });

  it('begins alike however long it lasts', () => {
    const short = draw(3, 5, 2).slice(0, -1);
    expect(draw(3, 5, 10).slice(0, short.length)).toEqual(short);
  });

  it('has every kind of fault within a few minutes, for every seed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(3, 4, 5, 7), (seed, nodes) => {
        const kinds = new Set(draw(seed, nodes, 4).map(({ fault }) => fault.kind));
        expect(kinds).toEqual(new Set(FAULT_KINDS));
      }),
      { numRuns: 100 },
    );
  });

  it('makes a liar the leader before each other fault, and leaves the others time', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const schedule = drawSchedule({
          ...{ random: new SeededRandom(String(seed)), nodes: [1, 2, 3, 4] },
          ...{ faultsTolerated: 1, durationMs: 600_000, liar: 3 },
        });
        schedule.forEach(({ fault, isBeyondTolerance, atMs, durationMs }, position) => {
          if (position % 2 === 0) expect(fault).toMatchObject({ kind: 'hand-over', to: 3 });
          if (fault.kind === 'kill') expect(isBeyondTolerance).toBe(true);
          const next = schedule[position + 1];
          if (next !== undefined && next.atMs >= atMs + durationMs) {
            expect(next.atMs - atMs - durationMs).toBeGreaterThanOrEqual(8_000);
          }
        });
      }),
      { numRuns: 50 },
    );
  });

  it('hits more nodes than are tolerated only some of the time, and ends in time', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(1, 2, 3, 4, 5), (seed, nodes) => {
        const schedule = draw(seed, nodes, 10);
        for (const { atMs, durationMs } of schedule) {
          expect(durationMs).toBeGreaterThan(0);
          expect(atMs + durationMs).toBeLessThanOrEqual(600_000);
        }
        if (nodes < 3) return;
        const beyond = schedule.filter(({ isBeyondTolerance }) => isBeyondTolerance);
        expect(beyond.length).toBeGreaterThan(0);
        expect(beyond.length).toBeLessThan(schedule.length / 2);
      }),
      { numRuns: 100, examples: [[10, 4]] },
    );
  });
});
