import type { VerifyProgress } from '@praline/node/verification';

const BAR_WIDTH = 24;

/** A bar, entries done of all, entries per second, and the seconds left. */
export function progressLine(progress: VerifyProgress): string {
  const { done, total, entriesPerSecond, remainingSeconds } = progress;
  return `${progressBar(done, total)} ${done} of ${total} entries, ${Math.round(entriesPerSecond)}/s, ${Math.ceil(remainingSeconds)} s left`;
}

export function progressBar(done: number, total: number): string {
  const filled = total === 0 ? BAR_WIDTH : Math.floor((done / total) * BAR_WIDTH);
  return `[${'#'.repeat(filled).padEnd(BAR_WIDTH, '.')}]`;
}
