/** geth's `callTracer`: the tree of calls, with their logs on request. */
import { hexOf } from '../../primitives.ts';
import { revertReason } from '../revert-reason.ts';
import type { FrameEnd, FrameStart, TracedLog } from './evm-tracer.ts';
import type { TraceOptions, TraceValue } from './trace-request.ts';
import {
  hexQuantity,
  type TraceBudget,
  type TraceSubject,
  type TransactionTracer,
} from './transaction-tracer.ts';

/** A frame and a log as JSON without their bytes, bytes: generous. */
const FRAME_BYTES = 400;
const LOG_BYTES = 500;

interface Frame {
  readonly start: FrameStart;
  end: FrameEnd | undefined;
  readonly calls: Frame[];
  logs: { readonly log: TracedLog; readonly position: number }[];
}

export class CallTracer implements TransactionTracer {
  readonly #options: TraceOptions & { readonly tracer: 'callTracer' };
  readonly #budget: TraceBudget;
  /** From the outermost on. */
  readonly #open: Frame[] = [];
  #root: Frame | undefined;
  #gasLimit = 0n;

  constructor(options: TraceOptions & { readonly tracer: 'callTracer' }, budget: TraceBudget) {
    this.#options = options;
    this.#budget = budget;
  }

  begin({ gasLimit }: TraceSubject): void {
    this.#gasLimit = gasLimit;
  }

  enter(start: FrameStart): void {
    const frame: Frame = { start, end: undefined, calls: [], logs: [] };
    const parent = this.#open.at(-1);
    this.#open.push(frame);
    if (parent === undefined) this.#root = frame;
    else if (!this.#options.onlyTopCall) {
      this.#budget.take(FRAME_BYTES + 2 * start.input.length);
      parent.calls.push(frame);
    }
  }

  exit(end: FrameEnd): void {
    const frame = this.#open.pop();
    if (frame === undefined) return;
    this.#budget.take(2 * end.output.length);
    frame.end = end;
    if (end.error !== undefined) dropLogs(frame);
  }

  log(log: TracedLog): void {
    const frame = this.#open.at(-1);
    const isWanted = !this.#options.onlyTopCall || this.#open.length === 1;
    if (frame === undefined || !this.#options.withLog || !isWanted) return;
    this.#budget.take(LOG_BYTES + 2 * log.data.length);
    frame.logs.push({ log, position: frame.calls.length });
  }

  result(gasUsed: bigint): TraceValue {
    if (this.#root === undefined) return null;
    return formatFrame(this.#root, { gas: this.#gasLimit, gasUsed });
  }
}

/** What a failed frame has logged, in frames below it too, did not happen. */
function dropLogs(frame: Frame): void {
  frame.logs = [];
  for (const call of frame.calls) dropLogs(call);
}

function formatFrame(
  { start, end, calls, logs }: Frame,
  gas: { readonly gas: bigint; readonly gasUsed: bigint },
): TraceValue {
  const { type, from, input, value } = start;
  const failedCreation = start.to === undefined && end?.error !== undefined;
  const to = failedCreation ? undefined : (start.to ?? end?.created);
  return {
    from,
    gas: hexQuantity(gas.gas),
    gasUsed: hexQuantity(gas.gasUsed),
    ...(to !== undefined && { to }),
    input: hexOf(input),
    ...formatEnd(end),
    ...(calls.length > 0 && {
      calls: calls.map((call) =>
        formatFrame(call, { gas: call.start.gas, gasUsed: call.end?.gasUsed ?? 0n }),
      ),
    }),
    ...(logs.length > 0 && { logs: logs.map(formatLog) }),
    ...(value !== undefined && { value: hexQuantity(value) }),
    type,
  };
}

function formatEnd(end: FrameEnd | undefined) {
  if (end === undefined) return {};
  const { error } = end;
  const output = end.output.length > 0 ? { output: hexOf(end.output) } : {};
  if (error === undefined) return output;
  if (error !== 'execution reverted') return { error };
  const reason = revertReason(hexOf(end.output));
  return { ...output, error, ...(reason !== undefined && { revertReason: reason }) };
}

function formatLog({ log, position }: Frame['logs'][number]): TraceValue {
  const { address, topics, data } = log;
  return { address, topics, data: hexOf(data), position: hexQuantity(position) };
}
