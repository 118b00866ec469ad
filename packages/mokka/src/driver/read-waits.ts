/** Reads that wait until the core has confirmed with a quorum that this node shows what they must see. Rule *read-index*. */
import type { LogIndex } from '../core/types.ts';
import type { Clock } from './clock.ts';
import { MokkaError } from './mokka-error.ts';

interface Wait {
  resolve(index: LogIndex): void;
  reject(error: MokkaError): void;
  /** Cancels the timeout. */
  cancel(): void;
}

export class ReadWaits {
  readonly #clock: Clock;
  /** By number, in the order in which they were asked. */
  readonly #waits = new Map<number, Wait>();
  #asked = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `ask` with the read's number. Rejects with {@link MokkaError} `read-timed-out` or `not-started` (stopped). */
  wait(timeout: number, ask: (read: number) => void): Promise<LogIndex> {
    this.#asked += 1;
    const read = this.#asked;
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.schedule(timeout, () => {
        this.#waits.delete(read);
        reject(
          new MokkaError(
            'read-timed-out',
            `no quorum of validators confirmed within ${timeout} ms that this node is current`,
          ),
        );
      });
      this.#waits.set(read, { resolve, reject, cancel });
      ask(read);
    });
  }

  /** Reads numbered up to `through` are confirmed. */
  confirm(through: number, index: LogIndex): void {
    for (const [read, wait] of this.#waits) {
      if (read > through) return;
      this.#waits.delete(read);
      wait.cancel();
      wait.resolve(index);
    }
  }

  /** The node stopped. */
  close(): void {
    for (const wait of this.#waits.values()) {
      wait.cancel();
      wait.reject(new MokkaError('not-started', 'the node was stopped'));
    }
    this.#waits.clear();
  }
}
