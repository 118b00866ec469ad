/**
 * Each wrong reading of the protocol is caught, by the simulator within a stated number of seeds or by a directed test.
 *
 * A run examines every tenth mutant; `PRALINE_MUTANTS_ONE_OF=1` examines all. That each edit fits the sources is checked always.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import type * as Binding from '../core-binding.ts';
import type * as ScenarioModule from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import type * as SimulationModule from '../simulation.ts';
import type { Violation } from '../simulation.ts';
import { HOST_PITFALLS } from './host-pitfalls.ts';
import { LIVENESS_PITFALLS } from './liveness-pitfalls.ts';
import type { CaughtBySimulator, CaughtByTest } from './mutant.ts';
import { OTHER_MISTAKES } from './other-mistakes.ts';
import { SAFETY_PITFALLS } from './safety-pitfalls.ts';
import { SNAPSHOT_AND_MEMBER_MISTAKES } from './snapshots-and-members.ts';
import { checkEdits, growMutant, type MutantTree } from './tree.ts';
import { WRONG_READINGS } from './wrong-readings.ts';

const MUTANTS = [
  ...WRONG_READINGS,
  ...OTHER_MISTAKES,
  ...SNAPSHOT_AND_MEMBER_MISTAKES,
  ...SAFETY_PITFALLS,
  ...LIVENESS_PITFALLS,
  ...HOST_PITFALLS,
];

const ONE_OF = Number(process.env['PRALINE_MUTANTS_ONE_OF'] ?? 10);
const EXAMINED = MUTANTS.filter((_, position) => position % ONE_OF === 0);

const REPOSITORY = fileURLToPath(new URL('../../../../..', import.meta.url));
const VITEST = join(REPOSITORY, 'node_modules/vitest/vitest.mjs');
const CHANGING = { strangers: 1, interval: 60, newcomersFrom: 0 };
/** Milliseconds; generous for a busy machine. */
const TIMEOUT = 180_000;
/** Of one directed test; what a mutant holds up for ever ends here. */
const TEST_TIMEOUT = 20_000;

async function withMutant<Result>(
  edits: Parameters<typeof growMutant>[0],
  use: (tree: MutantTree) => Promise<Result>,
): Promise<Result> {
  const tree = await growMutant(edits);
  try {
    return await use(tree);
  } finally {
    await tree.remove();
  }
}

async function load<Module>(tree: MutantTree, file: string): Promise<Module> {
  const module: unknown = await import(pathToFileURL(join(tree.sources, file)).href);
  return module as Module;
}

async function firstViolation(
  tree: MutantTree,
  caught: CaughtBySimulator,
  only?: 'agreement',
): Promise<Violation | null> {
  const { simulate } = await load<typeof SimulationModule>(tree, 'simulator/simulation.ts');
  const { drawScenario, makeTurbulent, makeTwins } = await load<typeof ScenarioModule>(
    tree,
    'simulator/scenario.ts',
  );
  const { coreBinding } = await load<typeof Binding>(tree, 'simulator/core-binding.ts');
  const { nodes, seeds, firstSeed = 1, crashModel = 'CFT' } = caught;
  const { turbulent, changing, twinned } = caught;
  const adjust = (scenario: Scenario): Scenario => {
    const moved = turbulent === true ? makeTurbulent(scenario) : scenario;
    const adjusted = twinned === true ? makeTwins(moved, moved.liars.length) : moved;
    return changing === true ? { ...adjusted, membership: CHANGING } : adjusted;
  };
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    const { snapshots } = drawScenario(seed, nodes, crashModel);
    const isAbsent = snapshots.absence !== null && snapshots.interruption > 0;
    if (caught.absent === true && !isAbsent) continue;
    const { violation } = await simulate({
      seed,
      nodes,
      crashModel,
      binding: coreBinding,
      adjust,
      ...(only === undefined ? {} : { only }),
    });
    if (violation !== null && (only ?? violation.rule) === violation.rule) return violation;
  }
  return null;
}

function run(
  words: readonly string[],
  cwd: string,
): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const child = spawn(process.execPath, words, { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  let stdout = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout }));
  });
}

/** Exit code of a directed test in the mutant's tree. */
async function runTest(
  tree: MutantTree,
  { file, test: name }: CaughtByTest,
): Promise<number | null> {
  const path = join(tree.sources, file);
  const options = ['--root', tree.root, '--testTimeout', String(TEST_TIMEOUT)];
  const { code } = await run([VITEST, 'run', ...options, path, '-t', name], tree.root);
  return code;
}

describe('a wrong reading is caught', () => {
  test.each(EXAMINED.map((mutant) => [mutant.what, mutant] as const))(
    '%s',
    async (_, { edits, caught }) => {
      await withMutant(edits, async (tree) => {
        if (caught.by === 'test') {
          expect(await runTest(tree, caught)).toBe(1);
          return;
        }
        const violation = await firstViolation(tree, caught);
        expect(violation, `not noticed in ${caught.seeds} seeds`).not.toBeNull();
        expect(caught.rules, violation?.message).toContain(violation?.rule);
      });
    },
    TIMEOUT,
  );
});

test('every edit fits the sources once', async () => {
  for (const { what, edits } of MUTANTS) {
    await expect(checkEdits(edits), what).resolves.toBeUndefined();
  }
});

test(
  'a wrong reading ends in a fork, and the agreement checker alone reports it',
  async () => {
    const mutant = MUTANTS.find(({ what }) => what.startsWith('the lowest lock'));
    if (mutant?.caught.by !== 'simulator') throw new Error('there is no such mutant');
    const caught = { ...mutant.caught, nodes: 5, seeds: 200 };
    await withMutant(mutant.edits, async (tree) => {
      const violation = await firstViolation(tree, caught, 'agreement');
      expect(violation?.message).toMatch(/another one is committed there|misses committed entries/);
    });
  },
  TIMEOUT,
);

test(
  'the command itself finds a wrong reading, tells how to replay it and exits with 1',
  async () => {
    const mutant = MUTANTS.find(({ what }) => what === 'one vote too few commits');
    await withMutant(mutant?.edits ?? [], async (tree) => {
      const main = join(tree.sources, 'simulator/command/main.ts');
      const words = ['--import', 'tsx', main, '--seeds', '2', '--nodes', '3', '--workers', '1'];
      const { code, stdout } = await run(words, REPOSITORY);
      expect(stdout).toContain('VIOLATION with seed');
      expect(stdout).toMatch(/replay: npm run simulate -- --seed \d+ --nodes 3 --trace/);
      expect(code).toBe(1);
    });
  },
  TIMEOUT,
);

test(
  'the directed tests pass without an edit',
  async () => {
    await withMutant([], async (tree) => {
      const directed = MUTANTS.flatMap(({ caught }) => (caught.by === 'test' ? [caught] : []));
      const files = new Map(directed.map((caught) => [caught.file, caught]));
      for (const caught of files.values()) {
        const all = directed.filter(({ file }) => file === caught.file).map((each) => each.test);
        expect(await runTest(tree, { ...caught, test: all.join('|') })).toBe(0);
      }
    });
  },
  4 * TIMEOUT,
);
