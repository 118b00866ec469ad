import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Timeline } from './timeline.ts';

describe('timeline', () => {
  test('runs everything in order of instant, then of asking', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 200 }), (delays) => {
        const timeline = new Timeline();
        const ran: { readonly delay: number; readonly place: number }[] = [];
        for (const [place, delay] of delays.entries()) {
          timeline.after(delay, () => {
            expect(timeline.now).toBe(delay);
            ran.push({ delay, place });
          });
        }
        while (timeline.advance(1000));
        const expected = delays
          .map((delay, place) => ({ delay, place }))
          .sort((left, right) => left.delay - right.delay || left.place - right.place);
        expect(ran).toEqual(expected);
        expect(timeline.now).toBe(1000);
      }),
    );
  });

  test('stops before what lies behind the limit', () => {
    const timeline = new Timeline();
    let ran = 0;
    timeline.at(10, () => {
      ran += 1;
    });
    expect(timeline.advance(9)).toBe(false);
    expect(timeline.now).toBe(9);
    expect(timeline.advance(10)).toBe(true);
    expect(ran).toBe(1);
  });
});
