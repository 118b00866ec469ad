/**
 * One node's machine: a network namespace with one cable to the switch, a disk of its own that can fill up, and the
 * node's process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readlinkSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { PralineProcess, type ProcessEnd } from '../../../harness/praline-process.ts';
import { until } from '../../../harness/until.ts';
import { run } from './sandbox.ts';

/** Bytes of the largest piece that is tried when a disk is filled; then smaller ones. */
const FILL_PIECE_BYTES = 1024 * 1024;
const FILL_PIECE_MIN_BYTES = 4096;

export interface MachineOptions {
  readonly number: number;
  readonly clusterPath: string;
  /** Mount point of the disk; the node's data folder is in it. */
  readonly disk: string;
  readonly diskMebibytes: number;
  /** File that gets everything that the node prints. */
  readonly outputPath: string;
  /** Another entry file than the product's, and what it is told in its environment. */
  readonly entry?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called when the process has ended by itself. */
  readonly onUnaskedEnd: (end: ProcessEnd, output: string) => void;
}

/** The node's own address, and that of the switch at the other end of its cable. */
export function addressesOf(number: number): { readonly node: string; readonly hub: string } {
  return { node: `10.77.${number}.2`, hub: `10.77.${number}.1` };
}

export class Machine {
  readonly #options: MachineOptions;
  readonly #holder: ChildProcess;
  #process: PralineProcess | null = null;
  #isUsed = false;
  #starts = 0;

  private constructor(options: MachineOptions, holder: ChildProcess) {
    this.#options = options;
    this.#holder = holder;
  }

  /** Makes namespace, cable and disk; starts nothing. */
  static async create(options: MachineOptions): Promise<Machine> {
    const { number, disk, diskMebibytes } = options;
    const holder = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' });
    const machine = new Machine(options, holder);
    const own = readlinkSync('/proc/self/ns/net');
    await until(() => {
      if (readlinkSync(`/proc/${holder.pid}/ns/net`) === own) throw new Error('no namespace');
    });
    const addresses = addressesOf(number);
    const cable = machine.#cable;
    run(
      'ip',
      'link',
      'add',
      cable,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      String(holder.pid),
    );
    run('ip', 'address', 'add', `${addresses.hub}/24`, 'dev', cable);
    run('ip', 'link', 'set', cable, 'up');
    machine.#inside('ip', 'link', 'set', 'lo', 'up');
    machine.#inside('ip', 'address', 'add', `${addresses.node}/24`, 'dev', 'eth0');
    machine.#inside('ip', 'link', 'set', 'eth0', 'up');
    mkdirSync(disk, { recursive: true });
    run('mount', '-t', 'tmpfs', '-o', `size=${diskMebibytes}m,mode=700`, 'none', disk);
    return machine;
  }

  get number(): number {
    return this.#options.number;
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true;
  }

  /** Counts the processes of this machine. */
  get starts(): number {
    return this.#starts;
  }

  /** What the latest process printed. */
  get output(): string {
    return this.#process?.output ?? '';
  }

  start(): void {
    const { number, clusterPath, disk, entry, environment } = this.#options;
    const args = ['node', '--cluster', clusterPath, '--node', String(number), '--json', '--admin'];
    if (!this.#isUsed) args.push('--init');
    this.#isUsed = true;
    this.#starts += 1;
    const started = new PralineProcess(args, {
      cwd: disk,
      launcher: ['nsenter', `--net=/proc/${this.#holder.pid}/ns/net`, '--'],
      ...(entry === undefined ? {} : { entry }),
      ...(environment === undefined ? {} : { environment }),
    });
    this.#process = started;
    void started.ended.then((end) => {
      appendFileSync(this.#options.outputPath, `${started.output}\n-- ${JSON.stringify(end)}\n`);
      if (!this.#asked.has(started)) this.#options.onUnaskedEnd(end, started.output);
    });
  }

  readonly #asked = new WeakSet<PralineProcess>();

  async kill(): Promise<void> {
    if (this.#process === null) return;
    this.#asked.add(this.#process);
    await this.#process.end('SIGKILL');
  }

  /** Asks the process to end in good order. Resolves with how it did, or null when it was killed meanwhile or does not run. */
  async stop(): Promise<ProcessEnd | null> {
    const stopped = this.#process;
    if (stopped?.isRunning !== true || this.#asked.has(stopped)) return null;
    this.#asked.add(stopped);
    const end = await stopped.end('SIGTERM');
    return end.signal === 'SIGKILL' ? null : end;
  }

  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  /** The cable is pulled: nodes and clients alike lose the machine, and nothing tells them. */
  setPlugged(isPlugged: boolean): void {
    run('ip', 'link', 'set', this.#cable, isPlugged ? 'up' : 'down');
  }

  /** Takes every block of the disk that is left. */
  fillDisk(): void {
    const file = openSync(this.#ballast, 'a');
    try {
      for (let bytes = FILL_PIECE_BYTES; bytes >= FILL_PIECE_MIN_BYTES; bytes /= 2) {
        fillWith(file, bytes);
      }
    } finally {
      closeSync(file);
    }
  }

  freeDisk(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** The node's log file, copied out of its disk. */
  saveLog(path: string): void {
    const { disk, number } = this.#options;
    const log = join(disk, String(number), 'node.log');
    if (existsSync(log)) copyFileSync(log, path);
  }

  async dispose(): Promise<void> {
    await this.kill();
    this.#holder.kill('SIGKILL');
  }

  get #cable(): string {
    return `cable${this.#options.number}`;
  }

  get #ballast(): string {
    return join(this.#options.disk, 'ballast');
  }

  #inside(...command: readonly string[]): void {
    run('nsenter', `--net=/proc/${this.#holder.pid}/ns/net`, '--', ...command);
  }
}

function fillWith(file: number, bytes: number): void {
  const piece = Buffer.alloc(bytes, 1);
  for (;;) {
    try {
      if (writeSync(file, piece) < bytes) return;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return;
      throw error;
    }
  }
}
