/**
 * The built `praline` command as a child process: its output is kept, its end is awaited by its own event, and no child
 * outlives the test run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../packages/cli/bin/praline.js', import.meta.url));
/** Set to a folder, every process leaves a CPU profile of each of its threads there when it ends. */
const profileFolder = () => process.env['PRALINE_PROFILE'];
/** Ends a process that is no longer needed; a profile is only written at an orderly end. */
export function disposeSignal(): NodeJS.Signals {
  return profileFolder() === undefined ? 'SIGKILL' : 'SIGTERM';
}
/** Characters of output kept per process, the newest. */
const OUTPUT_CHARACTERS_MAX = 200_000;

export interface PralineProcessOptions {
  readonly cwd: string;
  /** A command that runs the process in its place, such as in a namespace of its own. It must `exec`, so the pid stays. */
  readonly launcher?: readonly [string, ...string[]];
  /** Another entry file than the built `praline` command: a build that misbehaves on purpose. */
  readonly entry?: string;
  /** Variables added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class PralineProcess {
  readonly pid: number;
  /** Resolves when the process has ended and its output is complete. */
  readonly ended: Promise<ProcessEnd>;
  #child: ChildProcess;
  #output = '';
  #standardOutput = '';
  #end: ProcessEnd | undefined;

  constructor(args: readonly string[], options: PralineProcessOptions) {
    const entry = options.entry ?? COMMAND;
    const folder = profileFolder();
    const profiling = folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`];
    const node = [process.execPath, ...profiling, entry, ...args] as const;
    const [file, ...rest] = [...(options.launcher ?? []), ...node];
    this.#child = spawn(file ?? process.execPath, rest, {
      cwd: options.cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment, NO_COLOR: '1' },
    });
    const { pid, stdout, stderr } = this.#child;
    if (pid === undefined || stdout === null || stderr === null) {
      throw new Error(`could not start ${file}`);
    }
    this.pid = pid;
    running.add(this.#child);
    stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#standardOutput = (this.#standardOutput + text).slice(-OUTPUT_CHARACTERS_MAX);
      this.#append(text);
    });
    stderr.setEncoding('utf8').on('data', (text: string) => this.#append(text));
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        running.delete(this.#child);
        this.#end = { code, signal };
        resolve(this.#end);
      });
    });
  }

  /** Both streams, newest part. */
  get output(): string {
    return this.#output;
  }

  get standardOutput(): string {
    return this.#standardOutput;
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  /** Sends the signal to this process and waits until it is gone. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<ProcessEnd> {
    if (this.isRunning) this.#child.kill(signal);
    return await this.ended;
  }

  /** Sends a signal that does not end the process, such as SIGSTOP. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #append(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS_MAX);
  }
}

/** Runs a command that ends by itself. */
export async function runPraline(
  args: readonly string[],
  cwd: string,
): Promise<ProcessEnd & { readonly output: string; readonly standardOutput: string }> {
  const command = new PralineProcess(args, { cwd });
  const end = await command.ended;
  return { ...end, output: command.output, standardOutput: command.standardOutput };
}
