/** One node as a child process: started, listened to, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type NodeEvent, nodeEventSchema } from '@praline/node';

/** Lines of standard error kept for the report of an unexpected end. */
const KEPT_ERROR_LINES = 20;
/** Milliseconds a child may take to stop by itself. */
const STOP_TIMEOUT_MS = 10_000;

export interface ChildNodeOptions {
  /** Number in the cluster file, from 1. */
  readonly node: number;
  readonly clusterPath: string;
  /** Arguments for `praline node` beside the cluster and the number. */
  readonly extraArguments: readonly string[];
  readonly onEvent: (event: NodeEvent) => void;
  /** Called once when the process ends, asked or not. */
  readonly onExit: (exit: ChildExit) => void;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Whether `stop` was called. */
  readonly asked: boolean;
  /** What it last wrote to standard error. */
  readonly lastWords: string;
}

export class ChildNode {
  readonly node: number;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #errorLines: string[] = [];
  #asked = false;

  constructor(options: ChildNodeOptions) {
    this.node = options.node;
    const [, script = ''] = process.argv;
    this.#process = spawn(
      process.execPath,
      [
        ...process.execArgv,
        script,
        'node',
        '--cluster',
        options.clusterPath,
        '--node',
        String(options.node),
        '--json',
        ...options.extraArguments,
      ],
      // The channel to the parent tells a child that its parent is gone, however that ended.
      { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] },
    );
    this.#listen(options.onEvent);
    this.#ended = new Promise((resolve) => {
      const end = (code: number | null, signal: string | null): void => {
        resolve();
        options.onExit({
          code,
          signal,
          asked: this.#asked,
          lastWords: this.#errorLines.join('\n'),
        });
      };
      this.#process.once('close', end);
      this.#process.once('error', (error) => {
        this.#keep(error.message);
      });
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Asks the process to stop, and ends it when it takes too long. */
  async stop(): Promise<void> {
    this.#asked = true;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Ends the process at once. */
  kill(): void {
    this.#asked = true;
    this.#process.kill('SIGKILL');
  }

  #listen(onEvent: (event: NodeEvent) => void): void {
    const { stdout, stderr } = this.#process;
    if (stdout !== null) {
      createInterface({ input: stdout }).on('line', (line) => {
        const event = parseEvent(line);
        if (event !== null) {
          onEvent(event);
        }
      });
    }
    if (stderr !== null) {
      createInterface({ input: stderr }).on('line', (line) => this.#keep(line));
    }
  }

  #keep(line: string): void {
    this.#errorLines.push(line);
    if (this.#errorLines.length > KEPT_ERROR_LINES) {
      this.#errorLines.shift();
    }
  }
}

/** Null for lines that are no events of this version. */
function parseEvent(line: string): NodeEvent | null {
  try {
    const parsed = nodeEventSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}
