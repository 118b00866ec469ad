/** Entry of `npm run simulate`. */
import { availableParallelism } from 'node:os';
import { parseArguments, type SimulateArguments, USAGE, UsageError } from './arguments.ts';
import type { Run } from './batch.ts';
import { type OnProgress, runAll } from './pool.ts';
import { explainFailures, failureLine, printRun, summaryJson, summaryText } from './report.ts';

/** Milliseconds between two lines of progress, on a terminal and elsewhere. */
const TERMINAL_PROGRESS_INTERVAL = 250;
const LOG_PROGRESS_INTERVAL = 10_000;

const write = (text: string): void => {
  process.stdout.write(text);
};

async function runSimulations(options: SimulateArguments): Promise<number> {
  const runs: Run[] = [];
  for (let seed = options.firstSeed; seed < options.firstSeed + options.seeds; seed += 1) {
    const nodes = options.nodes[seed % options.nodes.length];
    if (nodes !== undefined) runs.push({ crashModel: options.crashModel, seed, nodes });
  }
  const [only] = runs;
  if (options.trace && only !== undefined) return (await printRun(only, write)) ? 0 : 1;
  const startedAt = performance.now();
  const result = await runAll(runs, options.workers, showProgress(runs.length));
  const seconds = (performance.now() - startedAt) / 1000;
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  const { crashModel, nodes, seeds } = options;
  const summary = { ...result, crashModel, nodes, seeds, seconds };
  if (options.json) {
    process.stderr.write(await explainFailures(result.failures));
    write(summaryJson(summary));
  } else {
    write(await explainFailures(result.failures));
    write(summaryText(summary));
  }
  return result.failures.length === 0 ? 0 : 1;
}

/** How far it is, and each violation as soon as it is found: a long run need not end to be of use. */
function showProgress(total: number): OnProgress {
  const terminal = process.stderr.isTTY;
  const clear = terminal ? '\r\u001b[K' : '';
  const interval = terminal ? TERMINAL_PROGRESS_INTERVAL : LOG_PROGRESS_INTERVAL;
  const startedAt = performance.now();
  let last = startedAt;
  let shown = 0;
  return (done, failures) => {
    for (const failure of failures.slice(shown)) {
      process.stderr.write(`${clear}${failureLine(failure)}\n`);
    }
    shown = failures.length;
    if (performance.now() - last < interval || done === total) return;
    last = performance.now();
    const perSecond = (1000 * done) / (last - startedAt);
    const text = `${done} of ${total} seeds, ${perSecond.toFixed(0)} a second, ${failures.length} violations`;
    process.stderr.write(terminal ? `${clear}${text}` : `${text}\n`);
  };
}

try {
  const options = parseArguments(process.argv.slice(2), availableParallelism());
  if (options === null) write(USAGE);
  else process.exitCode = await runSimulations(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
