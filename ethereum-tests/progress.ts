/** A bar on a terminal, and a line now and then elsewhere. */

const BAR_WIDTH = 24;
/** Milliseconds between two lines of progress, on a terminal and elsewhere. */
const TERMINAL_INTERVAL = 250;
const LOG_INTERVAL = 10_000;
const CLEAR_LINE = '\u001b[K';

export interface Progress {
  readonly files: number;
  readonly allFiles: number;
  readonly tests: number;
  readonly failed: number;
}

export function progressText({ files, allFiles, tests, failed }: Progress): string {
  const filled = allFiles === 0 ? BAR_WIDTH : Math.floor((files / allFiles) * BAR_WIDTH);
  const bar = '#'.repeat(filled).padEnd(BAR_WIDTH, '.');
  return `[${bar}] ${files} of ${allFiles} files, ${tests} tests, ${failed} failed`;
}

/** Shows progress on standard error; call with null to take the bar away. */
export function progressPrinter(stream: NodeJS.WriteStream): (progress: Progress | null) => void {
  const interval = stream.isTTY ? TERMINAL_INTERVAL : LOG_INTERVAL;
  let last = performance.now();
  return (progress) => {
    if (progress === null) {
      if (stream.isTTY) stream.write(`\r${CLEAR_LINE}`);
      return;
    }
    if (performance.now() - last < interval) return;
    last = performance.now();
    const text = progressText(progress);
    stream.write(stream.isTTY ? `\r${CLEAR_LINE}${text}` : `${text}\n`);
  };
}
