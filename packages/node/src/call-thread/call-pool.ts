/**
 * EVM calls on threads of their own, so that a call that burns all its gas delays nothing but the calls behind it.
 *
 * Each thread runs one call at a time. What exceeds the time limit is ended with its thread, which is replaced; what
 * exceeds the queue is refused at once.
 */
import type {
  AccessListResult,
  BlockSelector,
  CallExecutor,
  CallOptions,
  CallRequest,
  CallResult,
  Hash,
  Replay,
  ReplayedCall,
  ReplayOptions,
  SimulatedBlock,
  SimulationRequest,
  StorageRange,
  StorageRangeRequest,
  TraceOptions,
  TraceValue,
  TransactionReplay,
  TransactionTrace,
} from '@praline/chain';
import { ChainError } from '@praline/chain/configuration';

/** Calls waiting for a thread. */
const QUEUE_MAX = 1024;

/** One thread that runs calls. */
export interface CallWorker {
  readonly executor: CallExecutor;
  /** Resolves once the thread takes calls; rejects when it ends before. */
  readonly ready: Promise<void>;
  /** Ends it at once, whatever it does. */
  kill(): Promise<void>;
}

export interface CallPoolOptions {
  readonly threads: number;
  /** Milliseconds one call may run, once its thread has taken it. */
  readonly timeLimitMs: number;
  /** Milliseconds a thread may take to start, during which its first call waits. */
  readonly startLimitMs: number;
}

interface Task {
  run(executor: CallExecutor): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Slot {
  worker: CallWorker;
  /** Ends the task under way with an error and replaces the worker; null while idle. */
  abort: ((error: Error) => void) | null;
}

export class CallPool implements CallExecutor {
  readonly #threads: number;
  readonly #timeLimitMs: number;
  readonly #startLimitMs: number;
  readonly #spawn: (onDeath: (error: Error) => void) => CallWorker;
  readonly #slots: Slot[] = [];
  readonly #queue: Task[] = [];
  #closed = false;

  constructor(
    options: CallPoolOptions,
    modules: {
      /** Starts a thread; `onDeath` is called when it ends unasked. */
      readonly spawn: (onDeath: (error: Error) => void) => CallWorker;
    },
  ) {
    this.#timeLimitMs = options.timeLimitMs;
    this.#startLimitMs = options.startLimitMs;
    this.#spawn = modules.spawn;
    this.#threads = options.threads;
  }

  /** Starts the threads, which otherwise start with the first call. */
  warm(): void {
    while (!this.#closed && this.#slots.length < this.#threads) {
      this.#slots.push(this.#newSlot());
    }
  }

  call(request: CallRequest, block: BlockSelector, options?: CallOptions): Promise<CallResult> {
    return this.#submit((executor) => executor.call(request, block, options));
  }

  estimateGas(request: CallRequest, block: BlockSelector, options?: CallOptions): Promise<bigint> {
    return this.#submit((executor) => executor.estimateGas(request, block, options));
  }

  createAccessList(
    request: CallRequest,
    block: BlockSelector,
    options?: CallOptions,
  ): Promise<AccessListResult> {
    return this.#submit((executor) => executor.createAccessList(request, block, options));
  }

  simulate(request: SimulationRequest, block: BlockSelector): Promise<readonly SimulatedBlock[]> {
    return this.#submit((executor) => executor.simulate(request, block));
  }

  traceTransaction(hash: Hash, trace: TraceOptions): Promise<TraceValue> {
    return this.#submit((executor) => executor.traceTransaction(hash, trace));
  }

  traceBlock(block: BlockSelector, trace: TraceOptions): Promise<readonly TransactionTrace[]> {
    return this.#submit((executor) => executor.traceBlock(block, trace));
  }

  traceCall(
    request: CallRequest,
    block: BlockSelector,
    trace: TraceOptions,
    options?: CallOptions,
  ): Promise<TraceValue> {
    return this.#submit((executor) => executor.traceCall(request, block, trace, options));
  }

  replayTransaction(hash: Hash, options: ReplayOptions): Promise<TransactionReplay> {
    return this.#submit((executor) => executor.replayTransaction(hash, options));
  }

  replayBlock(block: BlockSelector, options: ReplayOptions): Promise<readonly TransactionReplay[]> {
    return this.#submit((executor) => executor.replayBlock(block, options));
  }

  replayCalls(calls: readonly ReplayedCall[], block: BlockSelector): Promise<readonly Replay[]> {
    return this.#submit((executor) => executor.replayCalls(calls, block));
  }

  storageRange(request: StorageRangeRequest): Promise<StorageRange> {
    return this.#submit((executor) => executor.storageRange(request));
  }

  /** Rejects what waits and ends the threads. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#queue.splice(0)) {
      task.reject(shuttingDown());
    }
    for (const slot of this.#slots) {
      slot.abort?.(shuttingDown());
    }
    await Promise.all(this.#slots.map(({ worker }) => worker.kill()));
  }

  #newSlot(): Slot {
    const slot: Slot = { worker: this.#start(() => slot), abort: null };
    return slot;
  }

  #start(slotOf: () => Slot): CallWorker {
    const worker = this.#spawn((error) => {
      const slot = slotOf();
      // A worker that was replaced already is nobody's concern.
      if (slot.worker !== worker || this.#closed) {
        return;
      }
      slot.worker = this.#start(slotOf);
      slot.abort?.(error);
    });
    return worker;
  }

  #submit<Result>(run: (executor: CallExecutor) => Promise<Result>): Promise<Result> {
    if (this.#closed) {
      return Promise.reject(shuttingDown());
    }
    if (this.#queue.length >= QUEUE_MAX) {
      return Promise.reject(
        new ChainError('too-many-calls', `${QUEUE_MAX} calls wait already; try again later`),
      );
    }
    return new Promise<Result>((resolve, reject) => {
      this.#queue.push({ run, resolve: (value) => resolve(value as Result), reject });
      this.#dispatch();
    });
  }

  #dispatch(): void {
    this.warm();
    for (const slot of this.#slots) {
      const task = slot.abort === null ? this.#queue.shift() : undefined;
      if (task !== undefined) {
        this.#run(slot, task);
      }
    }
  }

  #run(slot: Slot, task: Task): void {
    const { worker } = slot;
    const finish = (settle: () => void): void => {
      if (slot.abort !== abort) {
        return;
      }
      clearTimeout(timer);
      slot.abort = null;
      settle();
      this.#dispatch();
    };
    const abort = (error: Error): void => finish(() => task.reject(error));
    const within = (limitMs: number, what: string): NodeJS.Timeout =>
      setTimeout(() => {
        slot.worker = this.#start(() => slot);
        void worker.kill();
        abort(new ChainError('execution-timeout', `${what} (timeout = ${limitMs / 1000}s)`));
      }, limitMs);
    let timer = within(this.#startLimitMs, 'no thread for the call started');
    slot.abort = abort;
    const take = (): Promise<unknown> => {
      // Aborted while the thread started: nobody waits for the call any more.
      if (slot.abort !== abort) {
        return Promise.resolve();
      }
      clearTimeout(timer);
      timer = within(this.#timeLimitMs, 'execution aborted');
      return task.run(worker.executor);
    };
    worker.ready.then(take).then(
      (value) => finish(() => task.resolve(value)),
      (error: unknown) => finish(() => task.reject(error)),
    );
  }
}

function shuttingDown(): Error {
  return new ChainError('closed', 'the node is shutting down');
}
