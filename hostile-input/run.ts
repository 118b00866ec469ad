/** A run: a node of its own, messages from the seed, and what was found. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { Network } from '../harness/network.ts';
import { makeKnownValues } from './known-values.ts';
import { anyMessage, type KnownValues, type Message } from './messages.ts';
import { HttpSender, type Report, type Sender, WebSocketSender } from './senders.ts';

export interface RunOptions {
  readonly requests: number;
  readonly seed: number;
  readonly nodes: number;
  /** Bytes. */
  readonly growthMax: number;
  readonly onProgress: (line: string) => void;
}

export interface Finding {
  readonly problem: string;
  readonly sent: string;
  readonly answer: string;
  /** How often the same problem was seen. */
  count: number;
}

export interface RunReport {
  readonly seed: number;
  readonly requests: number;
  readonly messages: number;
  readonly seconds: number;
  /** Bytes of memory of the node that are its own: at the start, after a tenth of the run, and at its end. */
  readonly memory: { readonly start: number; readonly warm: number; readonly end: number };
  readonly findings: readonly Finding[];
}

const HTTP_SENDERS = 12;
const WEB_SOCKETS = 4;
/** Messages that are generated together. */
const CHUNK = 400;
/** Requests until the chain is brought back to its beginning, so that what is spoiled does not stay so. */
const RESET_EVERY = 20_000;
const PROGRESS_EVERY = 20_000;
/** Characters of a message or answer in the report. */
const SHOWN = 600;
/** Findings of different kinds after which a run has seen enough. */
const FINDINGS_MAX = 20;
const MEGABYTE = 1_000_000;

export async function run(options: RunOptions): Promise<RunReport> {
  const network = await Network.create({ nodes: options.nodes });
  try {
    await network.start();
    const { number: leader } = await network.leader();
    const node = network.numbers.find((number) => number !== leader) ?? leader;
    return await new Run(network, node, options).all();
  } finally {
    await network.dispose();
  }
}

class Run {
  readonly #network: Network;
  readonly #node: number;
  readonly #options: RunOptions;
  readonly #findings = new Map<string, Finding>();
  #requests = 0;
  #messages = 0;

  constructor(network: Network, node: number, options: RunOptions) {
    this.#network = network;
    this.#node = node;
    this.#options = options;
  }

  async all(): Promise<RunReport> {
    const { requests, seed, growthMax } = this.#options;
    const startedAt = performance.now();
    const start = this.#memory();
    let warm: number | undefined;
    let resetAt = 0;
    let shownAt = 0;
    let known = await makeKnownValues(this.#network, this.#node);
    const senders = await this.#senders();
    for (let chunk = 0; this.#requests < requests && this.#goesOn; chunk++) {
      if (this.#requests - resetAt >= RESET_EVERY) {
        resetAt = this.#requests;
        known = await makeKnownValues(this.#network, this.#node);
      }
      await this.#sendChunk(senders, known, seed + chunk);
      if (this.#requests >= requests / 10) warm ??= this.#memory();
      if (this.#requests - shownAt >= PROGRESS_EVERY) {
        shownAt = this.#requests;
        this.#progress(startedAt);
      }
    }
    for (const sender of senders) sender.close();
    const memory = { start, warm: warm ?? start, end: this.#memory() };
    if (memory.end - memory.warm > growthMax) {
      this.#report(`memory grew by ${megabytes(memory.end - memory.warm)}`, '', '');
    }
    await this.#network.rpc(this.#node, 'eth_chainId').catch(() => this.#gone());
    this.#checkLogs();
    return {
      seed,
      requests: this.#requests,
      messages: this.#messages,
      seconds: (performance.now() - startedAt) / 1_000,
      memory,
      findings: [...this.#findings.values()],
    };
  }

  async #senders(): Promise<Sender[]> {
    const http = this.#network.url(this.#node);
    const webSocket = this.#network.url(this.#node, 'ws');
    const report: Report = (...all) => this.#report(...all);
    return [
      ...Array.from({ length: HTTP_SENDERS }, () => new HttpSender(http, report)),
      ...(await Promise.all(
        Array.from({ length: WEB_SOCKETS }, () => WebSocketSender.open(webSocket, report)),
      )),
    ];
  }

  /** Each sender takes the next message as soon as it is done with its last. */
  async #sendChunk(senders: Sender[], known: KnownValues, seed: number): Promise<void> {
    const messages = fc.sample(anyMessage(known), { numRuns: CHUNK, seed })[Symbol.iterator]();
    await Promise.all(
      senders.map(async (_, index) => {
        for (const message of messages) {
          if (this.#requests >= this.#options.requests || !this.#goesOn) return;
          await this.#sendOne(senders, index, message);
        }
      }),
    );
  }

  async #sendOne(senders: Sender[], index: number, { text, requests }: Message): Promise<void> {
    this.#requests += requests;
    this.#messages += 1;
    const sender = senders[index];
    try {
      await sender?.send(text);
    } catch (error) {
      this.#report(error instanceof Error ? error.message : String(error), text, '');
      if (!this.#network.process(this.#node).isRunning) return this.#gone();
      if (sender instanceof WebSocketSender) {
        sender.close();
        const url = this.#network.url(this.#node, 'ws');
        senders[index] = await WebSocketSender.open(url, (...all) => this.#report(...all));
      }
    }
  }

  #report(problem: string, sent: string, answer: string): void {
    const method = /"method":"(\w{1,60})"/.exec(sent)?.[1] ?? '';
    const key = `${problem} ${method}`;
    const before = this.#findings.get(key);
    if (before !== undefined) before.count += 1;
    else {
      const finding = { problem, sent: sent.slice(0, SHOWN), answer: answer.slice(0, SHOWN) };
      this.#findings.set(key, { ...finding, count: 1 });
    }
  }

  get #goesOn(): boolean {
    return this.#network.process(this.#node).isRunning && this.#findings.size < FINDINGS_MAX;
  }

  #gone(): void {
    this.#report(
      'the node does not answer any more',
      '',
      this.#network.logs(this.#node).slice(-SHOWN),
    );
  }

  /** What a node calls an error is one; clients' mistakes are not. */
  #checkLogs(): void {
    for (const line of this.#network.logs(this.#node).split('\n')) {
      if (/JSON-RPC method failed|[Uu]nhandled|\b[A-Z]\w*Error\b/.test(line)) {
        this.#report('the node logged an error', '', line);
      }
    }
  }

  /** Bytes that the node's process has for itself; what it maps of its files is not counted. 0 where that is not told. */
  #memory(): number {
    if (process.platform !== 'linux' || !this.#network.process(this.#node).isRunning) return 0;
    const status = readFileSync(`/proc/${this.#network.process(this.#node).pid}/status`, 'utf8');
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1_024;
  }

  #progress(startedAt: number): void {
    const seconds = (performance.now() - startedAt) / 1_000;
    const rate = Math.round(this.#requests / seconds);
    const { size } = this.#findings;
    this.#options.onProgress(
      `${this.#requests} requests, ${rate}/s, memory ${megabytes(this.#memory())}, ${size} found`,
    );
  }
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / MEGABYTE)} MB`;
}
