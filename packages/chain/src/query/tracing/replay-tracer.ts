/** Collects a `Replay`: the list of frames, and what changed. */
import type { InterpreterStep } from '@ethereumjs/evm';
import { type Address, type Hex, hexOf, weiOf } from '../../primitives.ts';
import type { StateView } from '../../state/state-view.ts';
import type { FrameEnd, FrameStart } from './evm-tracer.ts';
import { PrestateTracer } from './prestate-tracer.ts';
import type { Replay, ReplayedFrame, ReplayOptions } from './transaction-replay.ts';
import type { TraceBudget, TraceSubject, TransactionTracer } from './transaction-tracer.ts';

/** A frame as JSON without its bytes, and one place of its path, bytes: generous. */
const FRAME_BYTES = 700;
const PATH_BYTES = 5;

interface OpenFrame {
  readonly start: FrameStart;
  readonly path: readonly number[];
  calls: number;
  end: FrameEnd | undefined;
}

export class ReplayTracer implements TransactionTracer<Replay> {
  readonly #budget: TraceBudget;
  readonly #changes: PrestateTracer | undefined;
  readonly #frames: OpenFrame[] = [];
  /** From the outermost on; null for one that is not told. */
  readonly #open: (OpenFrame | null)[] = [];
  #precompiles: ReadonlySet<string> = new Set();
  readonly step?: (step: InterpreterStep) => void;

  constructor({ changes }: ReplayOptions, budget: TraceBudget) {
    this.#budget = budget;
    if (!changes) return;
    const tracer = new PrestateTracer(
      { tracer: 'prestateTracer', diffMode: true, disableCode: false, disableStorage: false },
      budget,
    );
    this.#changes = tracer;
    this.step = (step) => tracer.step(step);
  }

  begin(subject: TraceSubject, state: StateView): void {
    this.#precompiles = subject.precompiles;
    this.#changes?.begin(subject, state);
  }

  enter(start: FrameStart): void {
    const parent = this.#open.at(-1);
    if (parent !== undefined && this.#isPlainPrecompile(start)) {
      this.#open.push(null);
      return;
    }
    const path = parent === undefined || parent === null ? [] : [...parent.path, parent.calls++];
    this.#budget.take(FRAME_BYTES + PATH_BYTES * path.length + 2 * start.input.length);
    const frame: OpenFrame = { start, path, calls: 0, end: undefined };
    this.#open.push(frame);
    this.#frames.push(frame);
  }

  exit(end: FrameEnd): void {
    const frame = this.#open.pop();
    if (frame === undefined || frame === null) return;
    this.#budget.take(2 * end.output.length);
    frame.end = end;
  }

  result(): Replay {
    const frames = this.#frames.map(frameOf);
    return this.#changes === undefined ? { frames } : { frames, changes: this.#changes.changes() };
  }

  #isPlainPrecompile({ to, value = 0n, type }: FrameStart): boolean {
    return to !== undefined && value === 0n && type !== 'SELFDESTRUCT' && this.#isPrecompile(to);
  }

  #isPrecompile(address: Address): boolean {
    return this.#precompiles.has(address.slice(2));
  }
}

function frameOf({ start, path, calls, end }: OpenFrame): ReplayedFrame {
  const { type, from, gas, value } = start;
  const hasFailed = end?.error !== undefined;
  const created = hasFailed ? undefined : end?.created;
  return {
    type,
    path,
    calls,
    from,
    to: start.to ?? created ?? null,
    ...(value !== undefined && { value: weiOf(value) }),
    input: hexOf(start.input),
    gas,
    gasUsed: end?.gasUsed ?? 0n,
    output: outputOf(end),
    ...(end?.error !== undefined && { error: end.error }),
  };
}

function outputOf(end: FrameEnd | undefined): Hex {
  return end === undefined ? '0x' : hexOf(end.output);
}
