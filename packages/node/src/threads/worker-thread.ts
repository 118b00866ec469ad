/**
 * Starts and stops worker threads, from built code (`.js`) and from source (`.ts`) alike.
 *
 * A worker that ends without having been asked to is reported once through `onDeath`; what follows from that
 * (stopping the node, replacing the worker) is the owner's decision.
 */
import { type MessagePort, type Transferable, Worker } from 'node:worker_threads';

/** Milliseconds a worker may take to end by itself before it is terminated. */
const STOP_TIMEOUT_MS = 5_000;

export interface WorkerThreadOptions<Data> {
  /** For messages: `chain`, `rpc`, `call`. */
  readonly name: string;
  /** URL of the entry file without extension, resolved against the caller's `import.meta.url`. */
  readonly entry: URL;
  /** Structured-cloned into the worker. */
  readonly data: Data;
  /** Ports inside `data`, which move to the worker. */
  readonly transfer: readonly MessagePort[];
  /** Called once when the worker ends unasked. */
  readonly onDeath: (error: Error) => void;
}

export interface WorkerThread {
  readonly name: string;
  /** Waits for the worker to end by itself (its ports are closed by then), then terminates it. Never rejects. */
  stop(): Promise<void>;
  /** Ends the worker at once, whatever it is doing. */
  kill(): Promise<void>;
}

/** What a worker finds in `workerData`. */
export interface WorkerInput<Data> {
  readonly entry: string;
  readonly data: Data;
}

const runsFromSource = import.meta.url.endsWith('.ts');

/** A process that is profiled leaves a profile of each of its threads. */
const PROFILING = process.execArgv.filter((option) => option.startsWith('--cpu-prof'));

export function startWorkerThread<Data>(options: WorkerThreadOptions<Data>): WorkerThread {
  const entry = `${options.entry.href}${runsFromSource ? '.ts' : '.js'}`;
  const input: WorkerInput<Data> = { entry, data: options.data };
  const transferList: Transferable[] = [...options.transfer];
  const worker = runsFromSource
    ? new Worker(new URL('./source-worker.mjs', import.meta.url), {
        name: options.name,
        workerData: input,
        transferList,
        execArgv: ['--conditions=@praline/source'],
      })
    : new Worker(new URL(entry), {
        name: options.name,
        workerData: input,
        transferList,
        execArgv: PROFILING,
      });

  let stopping = false;
  let failure: Error | null = null;
  worker.on('error', (error) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      resolve();
      if (!stopping) {
        options.onDeath(
          new Error(
            `The ${options.name} thread ended unexpectedly (exit code ${code})${failure ? `: ${failure.message}` : ''}`,
            { cause: failure ?? undefined },
          ),
        );
      }
    });
  });

  const kill = async (): Promise<void> => {
    stopping = true;
    await worker.terminate();
  };
  return {
    name: options.name,
    kill,
    async stop() {
      stopping = true;
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<'timeout'>((resolve) => {
        timer = setTimeout(() => resolve('timeout'), STOP_TIMEOUT_MS);
      });
      if ((await Promise.race([ended, timeout])) === 'timeout') {
        await kill();
      }
      clearTimeout(timer);
    },
  };
}
