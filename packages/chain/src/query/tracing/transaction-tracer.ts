import type { AuthorizationData } from '../../block/block-data.ts';
import { ChainError } from '../../errors.ts';
import type { Address, Hash, Hex } from '../../primitives.ts';
import type { StateView } from '../../state/state-view.ts';
import type { Deadline } from '../call-evm.ts';
import type { EvmTracer, FrameStart } from './evm-tracer.ts';
import type { TraceValue } from './trace-request.ts';

/** The transaction, or call, that is traced. */
export interface TraceSubject {
  readonly from: Address;
  readonly to: Address | null;
  /** Of the sender, before. */
  readonly nonce: bigint;
  readonly gasLimit: bigint;
  readonly coinbase: Address;
  readonly chainId: bigint;
  readonly authorizationList: readonly AuthorizationData[];
  readonly precompiles: ReadonlySet<string>;
}

/** Serves one transaction: `begin`, what the EVM does, then `result`. */
export interface TransactionTracer<Result = TraceValue> extends EvmTracer {
  /** `state` shows what is written as it is written. */
  begin?(subject: TraceSubject, state: StateView): void;
  result(gasUsed: bigint): Result;
}

export interface TracedTransaction<Result> {
  readonly txHash: Hash;
  readonly result: Result;
}

/** Steps between two looks at the clock. */
const STEPS_PER_LOOK = 64;

/** What all traces of one question may take together. */
export class TraceBudget {
  readonly #deadline: Deadline;
  readonly #bytesMax: number;
  #bytesLeft: number;
  #steps = 0;

  constructor(deadline: Deadline, bytesMax: number) {
    this.#deadline = deadline;
    this.#bytesMax = bytesMax;
    this.#bytesLeft = bytesMax;
  }

  /** Of the answer. Throws `trace-too-large`. */
  take(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft >= 0) return;
    throw new ChainError(
      'trace-too-large',
      `the trace is larger than ${this.#bytesMax} bytes; ask for a limit, for less of each step, or for another tracer`,
      { bytesMax: this.#bytesMax },
    );
  }

  /** Throws `execution-timeout`. */
  look(): void {
    this.#steps = (this.#steps + 1) % STEPS_PER_LOOK;
    const { at, timeoutMs } = this.#deadline;
    if (this.#steps !== 1 || performance.now() <= at) return;
    throw new ChainError('execution-timeout', `execution aborted (timeout = ${timeoutMs / 1000}s)`);
  }
}

/** The tracer's hooks, within the budget's time. */
export function inTime(tracer: TransactionTracer<unknown>, budget: TraceBudget): EvmTracer {
  return {
    step: (step) => {
      budget.look();
      tracer.step?.(step);
    },
    enter: (frame: FrameStart) => {
      budget.look();
      tracer.enter?.(frame);
    },
    exit: (frame) => tracer.exit?.(frame),
    ...(tracer.log && { log: (log) => tracer.log?.(log) }),
  };
}

export function hexQuantity(value: bigint | number): Hex {
  return `0x${value.toString(16)}`;
}
