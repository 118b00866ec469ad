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

export interface StopRequest {
  /** Aborted at the first SIGINT, SIGTERM or SIGHUP. */
  readonly signal: AbortSignal;
  /** Leaves signals to whatever they do by default. */
  release(): void;
}

/** For commands that do one thing and can end it early. A second signal ends the process at once. */
export function onStopSignal(): StopRequest {
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const release = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = (): void => {
    stop.abort();
    release();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return { signal: stop.signal, release };
}
