/**
 * How long fuzz tests run. `FUZZ_RUNS=100` makes them a hundred times as long; `FUZZ_SEED` and `FUZZ_PATH`, which a failure
 * prints as `seed` and `path`, replay one case.
 */
const factor = Number(process.env['FUZZ_RUNS'] ?? 1);
const seed = process.env['FUZZ_SEED'];
const path = process.env['FUZZ_PATH'];

/** Milliseconds for a test of the usual length. */
const TEST_TIME = 30_000;

export interface FuzzBudget {
  readonly numRuns: number;
  readonly seed?: number;
  readonly path?: string;
}

/** Parameters for `fc.assert`, for a property that is usually tried `runs` times. */
export function fuzzBudget(runs: number): FuzzBudget {
  return {
    numRuns: Math.max(1, Math.round(runs * factor)),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? {} : { path }),
  };
}

/** Timeout of a fuzz test in milliseconds. */
export function fuzzTimeout(): number {
  return TEST_TIME * Math.max(1, factor);
}
