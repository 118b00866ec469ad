/** A few dozen seeds; many more are run by `npm run simulate`. */
import { describe, expect, test } from 'vitest';
import type { CrashModel } from '../core/types.ts';
import { HABITS, SNAPSHOT_HABITS } from './byzantine/habits.ts';
import { coreBinding } from './core-binding.ts';
import { isAgainstLiars, isRare, missingRules, ruleNames } from './coverage/rules.ts';
import { drawScenario, makeTurbulent, makeTwins } from './scenario.ts';
import { simulate } from './simulation.ts';
import { addStatistics, emptyStatistics, faultKinds } from './statistics.ts';
import { createTrace } from './trace/trace.ts';
import { clusterNames } from './world/cluster.ts';

const SEEDS = 16;
/** Milliseconds; generous, since a busy machine may be twenty times slower. */
const TIMEOUT = 120_000;

const SIZES = [1, 2, 3, 4, 5, 7];
const total = emptyStatistics();

describe.each(SIZES)('%i nodes', (nodes) => {
  test(
    `keep every promise in ${SEEDS} seeds`,
    async () => {
      for (let seed = 1; seed <= SEEDS; seed += 1) {
        const { violation, statistics } = await simulate({ seed, nodes, binding: coreBinding });
        addStatistics(total, statistics);
        const replay = `npm run simulate -- --seed ${seed} --nodes ${nodes} --trace`;
        expect(violation, `replay with: ${replay}`).toBeNull();
      }
    },
    TIMEOUT,
  );
});

test.each([
  // Twins lead, and only one of them reaches the observers.
  { seed: 502121, nodes: 7, crashModel: 'BFT' },
  // The only member of the last epoch is still taking its snapshot when the clients have stopped.
  { seed: 602281, nodes: 2, crashModel: 'CFT' },
  // Only the leader has a snapshot, and was cut off while it gave one.
  { seed: 775841, nodes: 2, crashModel: 'CFT' },
  // Only the leader has a snapshot; others hold nothing, or are silent.
  { seed: 768974, nodes: 5, crashModel: 'CFT' },
] as const)(
  '$crashModel seed $seed: everybody gets the last entry',
  async (run) => {
    const { violation } = await simulate({ ...run, binding: coreBinding });
    expect(violation).toBeNull();
  },
  TIMEOUT,
);

/** The first seeds in which somebody has to take a snapshot, and what can go wrong with that does. */
function seedsWithSnapshots(nodes: number, crashModel: CrashModel, count: number): number[] {
  const seeds: number[] = [];
  for (let seed = 1; seeds.length < count; seed += 1) {
    const { snapshots, liars } = drawScenario(seed, nodes, crashModel);
    const isDirected = snapshots.absence !== null && snapshots.interruption > 0;
    const areLiarsReady =
      crashModel === 'CFT' ||
      liars.some(({ habits }) => SNAPSHOT_HABITS.every((habit) => habits.includes(habit)));
    if (isDirected && areLiarsReady) seeds.push(seed);
  }
  return seeds;
}

test(
  'nodes that were away take snapshots, and die while they do',
  async () => {
    for (const nodes of [3, 5]) {
      for (const seed of seedsWithSnapshots(nodes, 'CFT', 12)) {
        const { violation, statistics } = await simulate({ seed, nodes, binding: coreBinding });
        addStatistics(total, statistics);
        expect(violation, `seed ${seed} with ${nodes} nodes`).toBeNull();
      }
    }
    expect(total.snapshots).toBeGreaterThan(20);
  },
  TIMEOUT,
);

test('these seeds make every rule fire that they can, and every kind of fault strike', () => {
  const missing = missingRules(total.rules, 'CFT', SIZES);
  expect(missing.filter((rule) => !isRare(rule))).toEqual([]);
  expect(faultKinds.filter((kind) => total.faults[kind] === 0)).toEqual([]);
});

describe('Byzantine mode', () => {
  const lied = emptyStatistics();

  test.each([4, 5, 7])(
    'correct nodes among %i keep every promise, whatever liars do',
    async (nodes) => {
      for (let seed = 1; seed <= 8; seed += 1) {
        const { violation, statistics } = await simulate({
          seed,
          nodes,
          crashModel: 'BFT',
          binding: coreBinding,
        });
        addStatistics(lied, statistics);
        const replay = `npm run simulate -- --seed ${seed} --nodes ${nodes} --mode BFT --trace`;
        expect(violation, `replay with: ${replay}`).toBeNull();
      }
    },
    TIMEOUT,
  );

  test(
    'liars who offer snapshots keep nobody from taking one',
    async () => {
      const here = emptyStatistics();
      for (const seed of seedsWithSnapshots(4, 'BFT', 20)) {
        const { violation, statistics } = await simulate({
          seed,
          nodes: 4,
          crashModel: 'BFT',
          binding: coreBinding,
        });
        addStatistics(lied, statistics);
        addStatistics(here, statistics);
        expect(violation, `seed ${seed}`).toBeNull();
      }
      expect(here.snapshots).toBeGreaterThan(5);
    },
    TIMEOUT,
  );

  test(
    'honest machines that share a key keep nobody from keeping every promise',
    async () => {
      for (const nodes of [4, 7]) {
        for (let seed = 1; seed <= 10; seed += 1) {
          const { violation, statistics } = await simulate({
            seed,
            nodes,
            crashModel: 'BFT',
            binding: coreBinding,
            adjust: (scenario) => makeTwins(makeTurbulent(scenario), scenario.liars.length),
          });
          addStatistics(lied, statistics);
          expect(violation, `seed ${seed} with ${nodes} nodes`).toBeNull();
        }
      }
      expect(lied.twins).toBeGreaterThan(15);
    },
    TIMEOUT,
  );

  test(
    'one key too many on two machines is too much: honest code forks, and the checkers see it',
    async () => {
      const messages: string[] = [];
      for (let seed = 6; seed <= 40 && messages.length === 0; seed += 1) {
        const { violation } = await simulate({
          seed,
          nodes: 4,
          crashModel: 'BFT',
          binding: coreBinding,
          only: 'agreement',
          adjust: (scenario) => ({ ...scenario, liars: [], twins: [0, 1] }),
        });
        if (violation?.rule === 'agreement') messages.push(violation.message);
      }
      expect(messages[0]).toMatch(/another one is committed there|misses committed entries/);
    },
    TIMEOUT,
  );

  test('liars show every habit, are found out, and make the rules against them fire', () => {
    expect(HABITS.filter((habit) => lied.lies[habit] === 0)).toEqual([]);
    expect(lied.convicted).toBeGreaterThan(0);
    const against = ruleNames.filter((rule) => isAgainstLiars(rule) && !isRare(rule));
    expect(against.filter((rule) => lied.rules[rule] === 0)).toEqual([]);
  });

  test(
    'one liar too many is too much: the checkers see it',
    async () => {
      const rules = new Set<string>();
      for (let seed = 1; seed <= 40 && rules.size === 0; seed += 1) {
        const { violation } = await simulate({
          seed,
          nodes: 4,
          crashModel: 'BFT',
          binding: coreBinding,
          adjust: (scenario) => ({
            ...scenario,
            liars: [0, 1].map((node) => ({
              node,
              habits: ['equivocates-proposals', 'votes-for-everything', 'lies-about-locks'],
              eagerness: 0.2,
            })),
          }),
        });
        if (violation !== null) rules.add(violation.rule);
      }
      expect(rules.size).toBe(1);
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
      membership: { strangers: 0, interval: 0, newcomersFrom: 0 },
      snapshots: { ...scenario.snapshots, absence: null, interruption: 0 },
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
        slowLink: 0,
        clockJump: 0,
        diskFull: 0,
        diskDamage: 0,
        diskWipe: 0,
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
