/**
 * Lets interval mining go on at whatever interval is agreed now. It runs on every node; only a leader is asked for a
 * proposal.
 */
export class IntervalMining {
  readonly #elapsed: () => void;
  #intervalMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `elapsed`: another interval has passed. */
  constructor(elapsed: () => void) {
    this.#elapsed = elapsed;
  }

  /** Milliseconds; 0 ends it. The same as before changes nothing. */
  update(intervalMs: number): void {
    if (intervalMs === this.#intervalMs) {
      return;
    }
    this.close();
    this.#intervalMs = intervalMs;
    if (intervalMs > 0) {
      this.#timer = setInterval(this.#elapsed, intervalMs);
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#intervalMs = 0;
  }
}
