/** A few dozen seeds; many more are run by `npm run simulate`. */
import { describe, expect, test } from 'vitest';
import { coreBinding } from './core-binding.ts';
import { simulate } from './simulation.ts';
import { createTrace } from './trace/trace.ts';
import { clusterNames } from './world/cluster.ts';

const SEEDS = 12;
/** Milliseconds; generous, since a busy machine may be twenty times slower. */
const TIMEOUT = 120_000;

describe.each([1, 2, 3, 4, 5, 7])('%i nodes', (nodes) => {
  test(
    `keep every promise in ${SEEDS} seeds`,
    async () => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { violation } = await simulate({ seed, nodes, binding: coreBinding });
        const replay = `npm run simulate -- --seed ${seed} --nodes ${nodes} --trace`;
        expect(violation, `replay with: ${replay}`).toBeNull();
      }
    },
    TIMEOUT,
  );
});

describe('a seed', () => {
  const run = async (seed: number, nodes: number): Promise<string> => {
    const trace = createTrace({ ids: clusterNames(nodes).ids, keep: 0 });
    await simulate({ seed, nodes, binding: coreBinding, trace: trace.observer });
    return trace.hash();
  };

  test(
    'always gives the same run',
    async () => {
      for (const seed of [1, 2, 3, 4, 5, 6]) expect(await run(seed, 3)).toBe(await run(seed, 3));
    },
    TIMEOUT,
  );

  test('gives another run than the next one', async () => {
    expect(await run(1, 3)).not.toBe(await run(2, 3));
  });

  test('is disturbed neither by the trace nor by a run before', async () => {
    const plain = await simulate({ seed: 9, nodes: 5, binding: coreBinding });
    await run(9, 5);
    const again = await simulate({ seed: 9, nodes: 5, binding: coreBinding });
    expect(again.statistics).toEqual(plain.statistics);
  });
});

test('without faults the first leader stays', async () => {
  const { statistics, violation } = await simulate({
    seed: 1,
    nodes: 3,
    binding: coreBinding,
    adjust: (scenario) => ({
      ...scenario,
      timing: { ...scenario.timing, proofExpiration: 1e9 },
      network: {
        minDelay: 0.5,
        meanDelay: 0.5,
        loss: 0,
        reordering: 0,
        duplication: 0,
        replay: 0,
        codec: true,
      },
      disk: { meanSync: 1, slowFactor: 1, slowDisks: 0 },
      application: { meanAnswer: 1, slowFactor: 1, slowApplications: 0, refusal: 0 },
      clocks: { drift: 0, skew: 0 },
      membership: { strangers: 0, interval: 0 },
      faults: {
        crash: 0,
        blackout: 0,
        crashInStep: 0,
        downtime: 1,
        partition: 0,
        partitionFor: 1,
        disconnect: 0,
        pause: 0,
        pauseFor: 1,
        slowdown: 0,
        clockJump: 0,
        transfer: 0,
      },
      breakFor: 10_000,
    }),
  });
  expect(violation).toBeNull();
  expect(statistics.elections).toBeLessThanOrEqual(2);
  expect(statistics.commands).toBeGreaterThan(20);
});

test('a leader tries a stored entry again that its application refused after a restart', async () => {
  const { violation } = await simulate({ seed: 541, nodes: 1, binding: coreBinding });
  expect(violation).toBeNull();
});
