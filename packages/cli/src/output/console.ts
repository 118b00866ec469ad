/** The command's two outputs. Standard output carries results, standard error what went wrong. */

export interface Console {
  line(text: string): void;
  error(text: string): void;
  /** One event as one JSON line. */
  json(value: object): void;
}

export const processConsole: Console = {
  line: (text) => void process.stdout.write(`${text}\n`),
  error: (text) => void process.stderr.write(`${text}\n`),
  json: (value) => void process.stdout.write(`${JSON.stringify(value)}\n`),
};
