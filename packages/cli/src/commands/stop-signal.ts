/** Ctrl-C and what service managers send. */

export interface StopSignalOptions {
  /** Called at a second Ctrl-C, when stopping takes too long for the user. */
  readonly onSecond: () => void;
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP. */
export function untilStopSignal({ onSecond }: StopSignalOptions): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    const onSignal = (): void => {
      count += 1;
      if (count === 1) {
        resolve();
      } else {
        onSecond();
      }
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, onSignal);
    }
  });
}
