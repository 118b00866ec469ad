/** Counts of what was asked, for the operator's metrics. Bounded: one row per defined method, one for all others. */

export interface MethodStatistics {
  readonly requests: number;
  readonly failures: number;
  /** Sum over all requests, ms. */
  readonly durationMs: number;
}

export class RequestStatistics {
  readonly #methods = new Map<string, { requests: number; failures: number; durationMs: number }>();
  #unknownMethods = 0;

  count(method: string, { failed, durationMs }: { failed: boolean; durationMs: number }): void {
    let row = this.#methods.get(method);
    if (row === undefined) {
      row = { requests: 0, failures: 0, durationMs: 0 };
      this.#methods.set(method, row);
    }
    row.requests++;
    if (failed) row.failures++;
    row.durationMs += durationMs;
  }

  countUnknownMethod(): void {
    this.#unknownMethods++;
  }

  get unknownMethods(): number {
    return this.#unknownMethods;
  }

  methods(): Readonly<Record<string, MethodStatistics>> {
    return Object.fromEntries([...this.#methods].map(([name, row]) => [name, { ...row }]));
  }
}
