/** Shares runs out among processes, so that every processor works. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { coreBinding } from '../core-binding.ts';
import { addStatistics, emptyStatistics } from '../statistics.ts';
import { type BatchResult, type Failure, type Run, runBatch } from './batch.ts';

/** Runs in one message to a worker; small, so that progress is seen and the work ends evenly. */
const BATCH = 15;
/** A run leaves much short-lived garbage and nothing else; room for it saves a tenth of the time. */
const YOUNG_GENERATION_MEGABYTES = 32;

/** Called after each batch, with all failures so far, the latest last. */
export type OnProgress = (done: number, failures: readonly Failure[]) => void;

/** Runs everything in `workers` processes, or in this one when there is little to do. */
export async function runAll(
  runs: readonly Run[],
  workers: number,
  onProgress: OnProgress,
): Promise<BatchResult> {
  const batches: Run[][] = [];
  for (let from = 0; from < runs.length; from += BATCH)
    batches.push(runs.slice(from, from + BATCH));
  const statistics = emptyStatistics();
  const failures: Failure[] = [];
  let done = 0;
  const collect = (result: BatchResult): void => {
    addStatistics(statistics, result.statistics);
    failures.push(...result.failures);
    done += result.runs;
    onProgress(done, failures);
  };
  const count = Math.min(workers, batches.length);
  if (count <= 1) {
    for (const batch of batches) collect(await runBatch(batch, coreBinding));
  } else {
    await Promise.all(Array.from({ length: count }, () => work(batches, collect)));
  }
  failures.sort((left, right) => left.seed - right.seed || left.nodes - right.nodes);
  return { runs: done, statistics, failures };
}

/** One worker process, taking batches until none is left. */
function work(batches: Run[][], collect: (result: BatchResult) => void): Promise<void> {
  const path = fileURLToPath(new URL(import.meta.url));
  const execArgv = [...process.execArgv, `--max-semi-space-size=${YOUNG_GENERATION_MEGABYTES}`];
  const worker: ChildProcess = fork(path.replace(/pool(\.[jt]s)$/, 'worker$1'), { execArgv });
  return new Promise((resolve, reject) => {
    const next = (): void => {
      const batch = batches.shift();
      if (batch === undefined) worker.disconnect();
      else worker.send(batch);
    };
    worker.on('message', (result) => {
      collect(result as BatchResult);
      next();
    });
    worker.on('error', reject);
    worker.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`A simulator process ended with exit code ${code}.`));
    });
    next();
  });
}
