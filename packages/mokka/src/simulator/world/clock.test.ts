import { expect, test } from 'vitest';
import { VirtualClock } from './clock.ts';

function clockAt(monotonic: number): VirtualClock {
  const clock = new VirtualClock(1, 0);
  clock.boot(100, monotonic);
  return clock;
}

test('a frozen clock stands still for as long as it was frozen', () => {
  const clock = clockAt(5_000);
  clock.freeze(200, 1_000);
  expect(clock.read(200).now).toBe(5_000);
  expect(clock.virtualInstant(5_200)).toBe(1_300);
  expect(clock.read(1_300).now).toBe(5_200);
});

test('a clock that thaws before its time runs from then on', () => {
  const clock = clockAt(5_000);
  expect(clock.read(200).now).toBe(5_100);
  clock.freeze(200, 13_000);
  expect(clock.read(700).now).toBe(5_100);
  clock.thaw(700);
  expect(clock.read(800).now).toBe(5_200);
  expect(clock.virtualInstant(5_300)).toBe(900);
});

test('thawing changes nothing for a clock that runs', () => {
  const clock = clockAt(5_000);
  clock.freeze(200, 100);
  clock.thaw(400);
  clock.thaw(450);
  expect(clock.read(500).now).toBe(5_300);
});

test('a new boot knows nothing of a standstill before it', () => {
  const clock = clockAt(5_000);
  clock.freeze(200, 1_000);
  clock.boot(300, 7_000);
  clock.thaw(400);
  expect(clock.read(500).now).toBe(7_200);
});
