/** Writes of 100 bytes for a while, a fixed number in flight, each timed; the same for every system under test. */
import { percentile } from './report.ts';

export interface Load {
  readonly inFlight: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
}

export interface LoadResult {
  readonly count: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Bytes of a value. Keys come again after this many writes. */
const VALUE_BYTES = 100;
const KEYS = 10_000;

export async function runLoad(
  load: Load,
  write: (key: string, value: string) => Promise<unknown>,
): Promise<LoadResult> {
  const value = 'x'.repeat(VALUE_BYTES);
  const start = performance.now() + load.warmUpMs;
  const end = start + load.measuredMs;
  const durations: number[] = [];
  let number = 0;
  const writer = async (): Promise<void> => {
    for (let now = performance.now(); now < end; ) {
      const key = `key-${number % KEYS}`;
      number += 1;
      await write(key, value);
      const done = performance.now();
      if (now >= start && done <= end) durations.push(done - now);
      now = done;
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, writer));
  return {
    count: durations.length,
    perSecond: (durations.length * 1000) / load.measuredMs,
    p50Ms: percentile(durations, 0.5),
    p99Ms: percentile(durations, 0.99),
  };
}
