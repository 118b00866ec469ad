/** Entry of `npm run spec`: checks the specification, and the code against it. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { checksOf, type Effort, type Result } from './checks.ts';
import { MODELS } from './models.ts';
import { prepareQuint } from './quint.ts';

const USAGE = `npm run spec -- [options]

Checks the models of the consensus protocol, and the consensus core against them.

  --seed S      whole number that random runs start from; a new one each time without it
  --samples N   random runs of each model (200)
  --traces N    of each model's random runs, how many are replayed against the code (40)
  --steps M     steps of each random run (50)
  --json        results as JSON on standard output, progress on standard error
`;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const number = Number(text);
  if (/^\d{1,15}$/.test(text) && number > 0) return number;
  throw new UsageError(`--${name} takes a whole number above 0, not "${text}"`);
}

interface Options extends Effort {
  readonly json: boolean;
}

/** Null when help was asked for. */
function readOptions(args: readonly string[]): Options | null {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  let values: Record<string, string | boolean | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { seed: text, samples: text, traces: text, steps: text, json: flag, help: flag },
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (values['help'] === true) return null;
  const number = (name: string, otherwise: number): number => {
    const value = values[name];
    return wholeNumber(name, typeof value === 'string' ? value : undefined, otherwise);
  };
  return {
    seed: number('seed', 1 + Math.floor(Math.random() * 1_000_000_000)),
    samples: number('samples', 200),
    traces: number('traces', 40),
    steps: number('steps', 50),
    json: values['json'] === true,
  };
}

/** Two at a time at most: each has a process of its own, and machines that test have few cores. */
async function runAll(effort: Effort, report: (result: Result) => void): Promise<Result[]> {
  const waiting = MODELS.flatMap(checksOf);
  const results: Result[] = [];
  const work = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      for (const result of await check(effort)) {
        results.push(result);
        report(result);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  return results;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (options === null) {
    process.stdout.write(USAGE);
    return 0;
  }
  const progress = options.json ? process.stderr : process.stdout;
  const startedAt = performance.now();
  const version = prepareQuint((text) => progress.write(text));
  const { seed, samples, traces, steps } = options;
  progress.write(
    `quint ${version}, seed ${seed}: ${samples} random runs of ${steps} steps of each model, ${traces} replayed\n`,
  );
  const results = await runAll(options, ({ name, passed, detail }) => {
    progress.write(`${passed ? 'ok' : 'FAILED'} ${name}: ${detail}\n`);
  });
  const failed = results.filter((result) => !result.passed).length;
  const seconds = (performance.now() - startedAt) / 1000;
  if (options.json) {
    const summary = {
      seed,
      samples,
      traces,
      steps,
      seconds,
      passed: results.length - failed,
      failed,
    };
    process.stdout.write(`${JSON.stringify({ ...summary, results }, null, 2)}\n`);
  } else {
    process.stdout.write(
      `${results.length - failed} passed, ${failed} failed, seed ${seed}, ${seconds.toFixed(0)} s\n`,
    );
  }
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
