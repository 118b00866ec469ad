/** What `npm run spec` does with each model: directed runs, random runs, and the replay of both against the code. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definitionsIn, type Model } from './models.ts';
import { quint } from './quint.ts';
import { Deviation } from './replay/deviation.ts';
import { readTrace } from './trace.ts';

export interface Effort {
  readonly seed: number;
  /** Random runs of each model, and how many of them are replayed. */
  readonly samples: number;
  readonly traces: number;
  readonly steps: number;
}

export interface Result {
  readonly name: string;
  readonly passed: boolean;
  /** One line when it passed; whatever helps when it did not. */
  readonly detail: string;
}

type Check = (effort: Effort) => Promise<readonly Result[]>;

/** Independent of each other, so that they can run side by side. */
export function checksOf(model: Model): readonly Check[] {
  return [
    (effort) => checkReadings(model, effort),
    ...model.inits.map((init) => (effort: Effort) => checkRandomRuns(model, init, effort)),
    ...(model.replay === undefined
      ? []
      : model.inits.map((init) => (effort: Effort) => replayRandomRuns(model, init, effort))),
  ];
}

const DIRECTED = /^\s*(?:ok|\d+\)) (\w+(?:Forks|Refused)) (passed|failed)/gm;

/** Every directed run holds in the model; the code takes the refused ones and does not follow the others. */
async function checkReadings(model: Model, { seed }: Effort): Promise<readonly Result[]> {
  return withTraces(async (folder) => {
    const { output } = await quint('test', [
      `${model.name}-readings.qnt`,
      ...['--match', '(Forks|Refused)$', '--max-samples', '1', `--seed=${seed}`],
      ...['--out-itf', join(folder, '{test}_{seq}.itf.json')],
    ]);
    const runs = [...output.matchAll(DIRECTED)].map((match) => ({
      name: match[1] ?? '',
      passed: match[2] === 'passed',
    }));
    if (runs.length === 0)
      return [{ name: `${model.name} readings`, passed: false, detail: tail(output) }];
    const results: Result[] = runs.map(({ name, passed }) => ({
      name: `${model.name} ${name}`,
      passed,
      detail: passed ? 'as the model says' : tail(output),
    }));
    if (model.replay === undefined) return results;
    for (const file of readdirSync(folder)) {
      results.push(await replayDirected(model, model.replay.run, join(folder, file), file));
    }
    return results;
  });
}

async function replayDirected(
  model: Model,
  run: NonNullable<Model['replay']>['run'],
  path: string,
  file: string,
): Promise<Result> {
  const test = file.replace(/_\d+\.itf\.json$/, '');
  const name = `${model.name} ${test} in the code`;
  const trace = readTrace(readFileSync(path, 'utf8'));
  const isWrong = test.endsWith('Forks');
  try {
    const states = await run(trace);
    const detail = isWrong ? 'the code follows the wrong reading' : `${states} states are equal`;
    return { name, passed: !isWrong, detail };
  } catch (error) {
    const isRefused = isWrong && error instanceof Deviation;
    const [first = ''] = String(error).split('\n');
    return { name, passed: isRefused, detail: isRefused ? `refused: ${first}` : String(error) };
  }
}

/** Invariants hold in every random run, and what must be reachable is reached in some. */
async function checkRandomRuns(
  model: Model,
  init: string,
  { seed, samples, steps }: Effort,
): Promise<readonly Result[]> {
  const share = Math.ceil(samples / model.inits.length);
  const invariants = definitionsIn(model, 'invariants');
  const witnesses = init === model.inits[0] ? definitionsIn(model, 'witnesses') : [];
  const { succeeded, output } = await quint('run', [
    `${model.name}-properties.qnt`,
    ...['--init', init, '--max-samples', `${share}`, '--max-steps', `${steps}`, `--seed=${seed}`],
    ...['--invariants', ...invariants],
    ...(witnesses.length === 0 ? [] : ['--witnesses', ...witnesses]),
  ]);
  const holds = succeeded && output.includes('No violation found');
  const name = `${model.name} ${init}`;
  const detail = holds
    ? `${share} runs of ${steps} steps: ${invariants.join(', ')} hold`
    : tail(output);
  return [
    { name: `${name} invariants`, passed: holds, detail },
    ...(holds ? witnesses.map((witness) => witnessed(name, witness, output)) : []),
  ];
}

function witnessed(name: string, witness: string, output: string): Result {
  const match = new RegExp(`\\b${witness} was witnessed in (\\d+) trace`).exec(output);
  const count = Number(match?.[1] ?? 0);
  const detail = count > 0 ? `in ${count} runs` : 'in no run: more samples, or a model too narrow';
  return { name: `${name} reaches ${witness}`, passed: count > 0, detail };
}

/** Each state of random runs is the code's. */
async function replayRandomRuns(
  model: Model,
  init: string,
  { seed, traces, steps }: Effort,
): Promise<readonly Result[]> {
  const { replay } = model;
  if (replay === undefined) return [];
  const share = `${Math.ceil(traces / model.inits.length)}`;
  return withTraces(async (folder) => {
    const name = `${model.name} ${init} in the code`;
    const { succeeded, output } = await quint('run', [
      `${model.name}.qnt`,
      ...['--init', init, '--step', replay.step, '--max-steps', `${steps}`, `--seed=${seed + 1}`],
      ...['--max-samples', share, '--n-traces', share, '--verbosity', '0'],
      ...['--out-itf', join(folder, '{seq}.itf.json')],
    ]);
    const files = readdirSync(folder);
    if (!succeeded || files.length === 0) return [{ name, passed: false, detail: tail(output) }];
    let states = 0;
    for (const file of files) {
      try {
        states += await replay.run(readTrace(readFileSync(join(folder, file), 'utf8')));
      } catch (error) {
        return [{ name, passed: false, detail: `run ${file}: ${String(error)}` }];
      }
    }
    return [{ name, passed: true, detail: `${states} states of ${files.length} runs are equal` }];
  });
}

async function withTraces<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'praline-spec-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The end of what Quint printed: the violated invariant, its last states, the seed. */
function tail(output: string): string {
  return output.trimEnd().split('\n').slice(-80).join('\n');
}
