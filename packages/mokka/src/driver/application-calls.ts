/** Calls of the application, one after the other: the next starts when the last has answered. */
export class ApplicationCalls {
  #last: Promise<void> = Promise.resolve();
  #closed = false;

  /** Queues a call. `done` and `failed` run in order of the calls; neither runs after `close`. */
  run<T>(
    call: () => Promise<T>,
    done: (answer: T) => void,
    failed: (error: unknown) => void,
  ): void {
    this.#last = this.#last.then(async () => {
      if (this.#closed) return;
      try {
        const answer = await call();
        if (!this.#closed) done(answer);
      } catch (error) {
        if (!this.#closed) failed(error);
      }
    });
  }

  /** Starts no further call and resolves when the one under way has answered. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#last;
  }
}
