/** A log whose first entries another node gives: what links to each other and is signed is the same whoever gave it. */
import type { LogExtent, LogRecord, LogSource } from './log-source.ts';

export class ContinuedLogSource implements LogSource {
  readonly #beginning: LogSource;
  readonly #log: LogSource;
  #first = 1;

  /** Closes both with itself. `beginning` is asked only for what `log` does not hold. */
  constructor(beginning: LogSource, log: LogSource) {
    this.#beginning = beginning;
    this.#log = log;
  }

  async extent(): Promise<LogExtent> {
    const own = await this.#log.extent();
    this.#first = own.first;
    if (own.first === 1 || own.last === 0) {
      return own;
    }
    const { first, last, memberships } = await this.#beginning.extent();
    // One that begins above, or ends before the log begins, has nothing to add.
    return first < own.first && last >= own.first - 1 ? { ...own, first, memberships } : own;
  }

  async read(from: number, maxCount: number): Promise<readonly LogRecord[]> {
    const missing = this.#first - from;
    return missing > 0
      ? await this.#beginning.read(from, Math.min(maxCount, missing))
      : await this.#log.read(from, maxCount);
  }

  async close(): Promise<void> {
    await Promise.all([this.#beginning.close(), this.#log.close()]);
  }
}
