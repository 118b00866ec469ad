/**
 * Deals files to processes, the largest first, so that the last ones are short. Processes, not threads: what a database or
 * cryptography in native code does to one of them, the others survive.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { FixtureFile } from './fixture-files.ts';
import type { RunFileRequest, TestResult } from './run-file.ts';
import type { Selection } from './selection.ts';

export interface PoolOptions {
  readonly files: readonly FixtureFile[];
  readonly selection: Selection;
  readonly workers: number;
  /** After each file. */
  readonly onFile: (file: FixtureFile, results: readonly TestResult[]) => void;
}

/** Resolves when all files are done. A process that dies fails its file, and another takes its place. */
export async function runAll({ files, selection, workers, onFile }: PoolOptions): Promise<void> {
  const queue = [...files].sort((a, b) => b.bytes - a.bytes);
  const serve = async (): Promise<void> => {
    let worker: ChildProcess | undefined;
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      worker ??= fork(new URL('./worker.ts', import.meta.url));
      const answer = await ask(worker, { file, selection });
      if (answer instanceof Error) {
        worker = undefined;
        const reason = `the process ended: ${answer.message}`;
        onFile(file, [{ file: file.name, test: '(the file)', outcome: 'failed', reason }]);
      } else onFile(file, answer);
    }
    worker?.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(workers, queue.length) }, serve));
}

function ask(
  worker: ChildProcess,
  request: RunFileRequest,
): Promise<readonly TestResult[] | Error> {
  return new Promise((resolve) => {
    const settle = (answer: readonly TestResult[] | Error) => {
      worker.removeAllListeners();
      resolve(answer);
    };
    worker.once('message', (results: TestResult[]) => settle(results));
    worker.once('error', settle);
    worker.once('exit', (code, signal) => settle(new Error(`exit code ${code ?? signal}`)));
    worker.send(request);
  });
}
