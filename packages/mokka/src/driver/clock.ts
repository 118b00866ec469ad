/** Time as the driver sees it; tests may put their own in its place. */
export interface Clock {
  /** Monotonic milliseconds since an arbitrary start. */
  now(): number;
  /** Unix time in milliseconds. */
  unixTime(): number;
  /** Calls once after `delay` milliseconds; the answer cancels it. */
  schedule(delay: number, call: () => void): () => void;
}

/** The machine's clocks. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  unixTime: () => Date.now(),
  schedule: (delay, call) => {
    const timer = setTimeout(call, delay);
    return () => clearTimeout(timer);
  },
};
