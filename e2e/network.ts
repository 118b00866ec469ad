/**
 * Networks of real processes for the tests here: `praline start` from the built code, on free ports, in a folder of its
 * own that is deleted at the end.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../packages/cli/dist/main.js', import.meta.url));
/** First port that is tried; clusters of tests that run at once start elsewhere. */
const FIRST_PORT = 30_000;
const PORT_SPREAD = 20_000;

/** One line of `praline start --json`. */
export interface NetworkLine {
  readonly event: string;
  readonly nodes?: readonly NetworkNode[];
  readonly node?: number | null;
  readonly number?: number;
  readonly [field: string]: unknown;
}

export interface NetworkNode {
  readonly id: number;
  readonly pid: number;
  readonly rpc: string;
  readonly role: string;
}

export class TestNetwork {
  readonly folder: string;
  readonly lines: NetworkLine[] = [];
  readonly #parameters: readonly string[];
  readonly #waiting = new Set<() => void>();
  #process: ChildProcess | null = null;
  #ended: Promise<number | null> = Promise.resolve(null);

  private constructor(folder: string, parameters: readonly string[]) {
    this.folder = folder;
    this.#parameters = parameters;
  }

  /** Makes the network and waits until it is ready. `parameters`: further options of `praline start`. */
  static async create(nodes = 3, parameters: readonly string[] = []): Promise<TestNetwork> {
    const folder = await mkdtemp(join(tmpdir(), 'praline-e2e-'));
    const rpcPort = await freePorts(nodes);
    const peerPort = await freePorts(nodes);
    const network = new TestNetwork(folder, [
      ...['--nodes', String(nodes), '--rpc-port', String(rpcPort), '--peer-port', String(peerPort)],
      ...parameters,
    ]);
    await network.start();
    return network;
  }

  /** Starts it, again after `stop`, and waits until it is ready. */
  async start(): Promise<void> {
    this.lines.length = 0;
    const child = spawn(
      process.execPath,
      [MAIN, 'start', '--json', '--data', join(this.folder, 'network'), ...this.#parameters],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    this.#process = child;
    let errors = '';
    child.stderr?.on('data', (chunk) => {
      errors += chunk;
    });
    const { stdout } = child;
    if (stdout !== null) {
      createInterface({ input: stdout }).on('line', (line) => {
        this.lines.push(JSON.parse(line) as NetworkLine);
        for (const look of this.#waiting) {
          look();
        }
      });
    }
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    await Promise.race([
      this.event('ready'),
      this.#ended.then(() => {
        throw new Error(`The network ended before it was ready: ${errors}`);
      }),
    ]);
  }

  /** The nodes as they were when the network got ready. */
  get nodes(): readonly NetworkNode[] {
    const ready = this.lines.find(({ event }) => event === 'ready');
    return ready?.nodes ?? [];
  }

  /** Waits for an event, also one that has been. The test's own timeout bounds it. */
  event(name: string, matches: (line: NetworkLine) => boolean = () => true): Promise<NetworkLine> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.lines.find((line) => line.event === name && matches(line));
        if (found !== undefined) {
          this.#waiting.delete(look);
          resolve(found);
        }
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Ctrl-C; answers the exit code. */
  async stop(): Promise<number | null> {
    this.#process?.kill('SIGINT');
    return this.#ended;
  }

  /** Stops it and deletes its data. */
  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** One JSON-RPC call. Rejects with the error's message and `code`. */
export async function rpc<Result = string>(
  url: string,
  method: string,
  ...params: readonly unknown[]
): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const answer = (await response.json()) as {
    result?: Result;
    error?: { code: number; message: string };
  };
  if (answer.error !== undefined) {
    throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
  }
  return answer.result as Result;
}

/** The first of `count` consecutive free ports. */
async function freePorts(count: number): Promise<number> {
  let first = FIRST_PORT + Math.floor(Math.random() * PORT_SPREAD);
  for (;;) {
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) {
      return first;
    }
    first += count;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port }, () => server.close(() => resolve(true)));
  });
}
