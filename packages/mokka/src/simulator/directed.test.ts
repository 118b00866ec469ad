/** Single conditions held still, everything else calm: what random seeds meet rarely or only mixed with other faults. */
import { describe, expect, test } from 'vitest';
import { coreBinding } from './core-binding.ts';
import type { Scenario } from './scenario.ts';
import { simulate } from './simulation.ts';

const TIMEOUT = 120_000;

/** Nothing goes wrong. */
function calm(scenario: Scenario): Scenario {
  const faults = Object.fromEntries(Object.keys(scenario.faults).map((kind) => [kind, 0]));
  return {
    ...scenario,
    liars: [],
    outsider: false,
    timing: { ...scenario.timing, electionTimeout: 300, electionJitter: 150, proofExpiration: 1e9 },
    network: {
      minDelay: 0.5,
      meanDelay: 0.5,
      loss: 0,
      reordering: 0,
      duplication: 0,
      replay: 0,
      codec: false,
    },
    disk: { meanSync: 1, slowFactor: 1, slowDisks: 0 },
    application: { meanAnswer: 1, slowFactor: 1, slowApplications: 0, refusal: 0 },
    clocks: { drift: 0, skew: 0 },
    membership: { strangers: 0, interval: 0, newcomersFrom: 0 },
    snapshots: { ...scenario.snapshots, absence: null, interruption: 0 },
    faults: { ...(faults as unknown as Scenario['faults']), downtime: 1 },
    commandInterval: 100,
    breakFor: 5_000,
  };
}

describe('Rule expiry', () => {
  test(
    'trap: clocks that run differently cost no more than hand-overs',
    async () => {
      for (let seed = 1; seed <= 5; seed += 1) {
        const { statistics, violation } = await simulate({
          seed,
          nodes: 3,
          binding: coreBinding,
          adjust: (scenario) => {
            const still = calm(scenario);
            return {
              ...still,
              timing: { ...still.timing, proofExpiration: 1_000 },
              clocks: { drift: 0.2, skew: 60_000 },
            };
          },
        });
        expect(violation).toBeNull();
        expect(statistics.rules['expiry: handed over in time']).toBeGreaterThan(2);
        // Nobody had to miss a leader after the first election.
        expect(statistics.rules['timeouts: leader missed']).toBeLessThanOrEqual(6);
        expect(statistics.commands).toBeGreaterThan(30);
      }
    },
    TIMEOUT,
  );
});

describe('Rule signed', () => {
  test(
    'an outsider who says whatever a liar would changes nothing',
    async () => {
      for (const crashModel of ['CFT', 'BFT'] as const) {
        const run = (outsider: boolean) =>
          simulate({
            seed: 3,
            nodes: 4,
            crashModel,
            binding: coreBinding,
            adjust: (scenario) => ({ ...calm(scenario), outsider }),
          });
        const [disturbed, alone] = [await run(true), await run(false)];
        expect(disturbed.violation).toBeNull();
        const { rules, faults } = disturbed.statistics;
        expect(faults.outsiderMessages).toBeGreaterThan(50);
        expect(rules['signed: outsider not heard']).toBe(faults.outsiderMessages);
        expect(disturbed.statistics.elections).toBe(alone.statistics.elections);
        expect(disturbed.statistics.committed).toBe(alone.statistics.committed);
      }
    },
    TIMEOUT,
  );
});

describe('Rule progress', () => {
  test(
    'leaders that censor are complained of and left',
    async () => {
      const { statistics, violation } = await simulate({
        seed: 1,
        nodes: 7,
        crashModel: 'BFT',
        binding: coreBinding,
        adjust: (scenario) => ({
          ...calm(scenario),
          breakFor: 1_000,
          liars: [1, 2].map((node) => ({ node, habits: ['censors'], eagerness: 0 })),
        }),
      });
      expect(violation).toBeNull();
      expect(statistics.lies.censors).toBeGreaterThan(0);
      expect(statistics.rules['progress: leader complained of']).toBeGreaterThan(0);
    },
    TIMEOUT,
  );
});
