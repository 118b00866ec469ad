/** The time of a log entry as blocks and development operations know it: Unix time in whole seconds. */
export function secondsOf(timestampMs: number): number {
  return Math.floor(timestampMs / 1000);
}
