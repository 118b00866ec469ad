/**
 * Hears what contracts print while a block runs, as the EVM runs it once: nothing of the execution depends on it. What a
 * transaction and a block may print is bounded; the rest is counted.
 */
import type { EVM } from '@ethereumjs/evm';
import { isConsole } from './console-address.ts';

/** What a transaction has printed, a failed one too. */
export interface ConsoleCalls {
  /** Arguments of each call with its selector, in the order of execution. */
  readonly inputs: readonly Uint8Array[];
  /** Further calls that were not kept. */
  readonly omitted: number;
}

/** Calls of one transaction, and of one block, that are kept. */
const TRANSACTION_CALLS_MAX = 100;
const BLOCK_CALLS_MAX = 1_000;
/** Bytes of one call, and of all calls of one block, that are kept. */
const CALL_BYTES_MAX = 8_192;
const BLOCK_BYTES_MAX = 262_144;

export class ConsoleTap {
  #inputs: Uint8Array[] = [];
  #omitted = 0;
  /** What the block may still have. */
  #callsLeft = BLOCK_CALLS_MAX;
  #bytesLeft = BLOCK_BYTES_MAX;

  beginBlock(): void {
    this.take();
    this.#callsLeft = BLOCK_CALLS_MAX;
    this.#bytesLeft = BLOCK_BYTES_MAX;
  }

  listen({ events }: { readonly events?: EVM['events'] }): void {
    events?.on('beforeMessage', ({ to, data }) => {
      if (to !== undefined && isConsole(to.bytes)) this.#keep(data);
    });
  }

  /** What was heard since the last call. */
  take(): ConsoleCalls | undefined {
    if (this.#inputs.length === 0 && this.#omitted === 0) return undefined;
    const calls = { inputs: this.#inputs, omitted: this.#omitted };
    this.#inputs = [];
    this.#omitted = 0;
    return calls;
  }

  #keep(data: Uint8Array): void {
    const size = Math.min(data.length, CALL_BYTES_MAX);
    const isFull = this.#inputs.length >= TRANSACTION_CALLS_MAX || this.#callsLeft === 0;
    if (isFull || size > this.#bytesLeft) {
      this.#omitted += 1;
      return;
    }
    this.#callsLeft -= 1;
    this.#bytesLeft -= size;
    // The memory is the contract's, which goes on writing to it.
    this.#inputs.push(Uint8Array.from(data.subarray(0, size)));
  }
}
