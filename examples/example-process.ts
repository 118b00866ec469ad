/** A program of the examples as a child process, its output kept, ended by its own handle. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class ExampleProcess {
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #output = '';

  /** `program` is a path below this folder. */
  constructor(program: string, args: readonly string[], cwd: string) {
    const path = fileURLToPath(new URL(program, import.meta.url));
    const child = spawn(process.execPath, [path, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        running.delete(child);
        resolve(code);
      });
    });
  }

  get output(): string {
    return this.#output;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (running.has(this.#child)) this.#child.kill(signal);
    return this.ended;
  }
}
