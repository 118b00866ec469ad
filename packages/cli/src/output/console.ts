/** The command's two outputs. Standard output carries results, standard error what went wrong. */

/** Of ANSI terminals: everything right of the cursor. */
const CLEAR_LINE = '\u001b[K';

export interface Console {
  line(text: string): void;
  error(text: string): void;
  /** One event as one JSON line. */
  json(value: object): void;
  /** Replaces the line of progress at the bottom of a terminal; null takes it away. Nothing where nobody watches. */
  progress(line: string | null): void;
}

export const processConsole: Console = {
  line: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
  json: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
  progress: (line) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${CLEAR_LINE}${line ?? ''}`);
  },
};
