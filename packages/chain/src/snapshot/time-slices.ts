/** Long work in parts, so that what shares the thread waits for some milliseconds at most. */
import { setImmediate } from 'node:timers/promises';
import { ChainError } from '../errors.ts';

/** Milliseconds of one part. */
const SLICE_MS = 4;

export class TimeSlices {
  readonly #signal: AbortSignal;
  #end = performance.now() + SLICE_MS;

  /** The work ends with `closed` at the next part when the signal is aborted. */
  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }

  /** Lets others run. Throws `ChainError` `closed`. */
  async next(): Promise<void> {
    await setImmediate();
    if (this.#signal.aborted) throw new ChainError('closed', 'the chain is closed');
    this.#end = performance.now() + SLICE_MS;
  }
}
