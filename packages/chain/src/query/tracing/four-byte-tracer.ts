/** geth's `4byteTracer`: how often each function was called, by selector and size of its arguments. */
import { hexOf } from '../../primitives.ts';
import type { FrameStart } from './evm-tracer.ts';
import type { TraceValue } from './trace-request.ts';
import type { TraceBudget, TraceSubject, TransactionTracer } from './transaction-tracer.ts';

const SELECTOR_BYTES = 4;
/** One entry as JSON, bytes: generous. */
const ENTRY_BYTES = 32;

export class FourByteTracer implements TransactionTracer {
  readonly #budget: TraceBudget;
  readonly #counts = new Map<string, number>();
  #precompiles: ReadonlySet<string> = new Set();

  constructor(budget: TraceBudget) {
    this.#budget = budget;
  }

  begin({ precompiles }: TraceSubject): void {
    this.#precompiles = precompiles;
  }

  enter({ to, input, type }: FrameStart): void {
    if (to === undefined || type === 'SELFDESTRUCT' || input.length < SELECTOR_BYTES) return;
    if (this.#precompiles.has(to.slice(2))) return;
    const selector = hexOf(input.subarray(0, SELECTOR_BYTES));
    const key = `${selector}-${input.length - SELECTOR_BYTES}`;
    const count = this.#counts.get(key) ?? 0;
    if (count === 0) this.#budget.take(ENTRY_BYTES);
    this.#counts.set(key, count + 1);
  }

  result(): TraceValue {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
