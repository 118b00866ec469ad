/**
 * BFT: how much a peer may fetch, so that asking costs a liar more than answering costs us. Far above what catching up takes.
 */

/** Bytes that can be asked for at once. */
const BURST = 32 * 1024 * 1024;
/** Bytes by which the allowance grows each millisecond. */
const GROWTH = 64 * 1024;
/** What an answer costs besides its payload. */
const ANSWER_COST = 4 * 1024;

export class FetchAllowance {
  #bytes = BURST;
  #at = 0;

  /** Whether another answer is allowed at `now` (monotonic ms). */
  isLeft(now: number): boolean {
    this.#bytes = Math.min(BURST, this.#bytes + Math.max(0, now - this.#at) * GROWTH);
    this.#at = now;
    return this.#bytes > 0;
  }

  spend(payloadBytes: number): void {
    this.#bytes -= payloadBytes + ANSWER_COST;
  }
}
