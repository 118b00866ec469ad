/**
 * A network of real processes in a temporary folder: started by `praline init` and `praline node`, watched over
 * JSON-RPC, ended by process id. Everything waits for conditions.
 */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HDAccount, mnemonicToAccount } from 'viem/accounts';
import { z } from 'zod';
import { freePorts } from './free-ports.ts';
import { callRpc } from './json-rpc.ts';
import { disposeSignal, PralineProcess, runPraline } from './praline-process.ts';
import { until } from './until.ts';

/** What the tests change in a cluster file; everything else stays as `init` wrote it. */
const clusterSchema = z.looseObject({
  nodes: z.array(z.looseObject({ publicKey: z.string(), port: z.int(), rpcPort: z.int() })),
});
export type ClusterFile = z.infer<typeof clusterSchema>;

const statusSchema = z.looseObject({
  role: z.string(),
  term: z.number(),
  leader: z.string().nullable(),
});
export type ConsensusStatus = z.infer<typeof statusSchema>;

/** The phrase of development chains everywhere. Its keys are public. */
export const DEVELOPMENT_MNEMONIC = 'test test test test test test test test test test test junk';

export interface NetworkOptions {
  readonly nodes: number;
  /** Further arguments of `praline init`. */
  readonly init?: readonly string[];
}

export class Network {
  readonly folder: string;
  readonly clusterPath: string;
  readonly cluster: ClusterFile;
  readonly #processes = new Map<number, PralineProcess>();
  readonly #clusterPaths = new Map<number, string>();
  readonly #past: PralineProcess[] = [];

  private constructor(folder: string, clusterPath: string, cluster: ClusterFile) {
    this.folder = folder;
    this.clusterPath = clusterPath;
    this.cluster = cluster;
  }

  /** Makes keys, genesis and cluster file with free ports; starts nothing. */
  static async create(options: NetworkOptions): Promise<Network> {
    const folder = mkdtempSync(join(tmpdir(), 'praline-e2e-'));
    const args = [
      ...['init', join(folder, 'cluster'), '--nodes', String(options.nodes)],
      ...['--mnemonic', DEVELOPMENT_MNEMONIC],
    ];
    const made = await runPraline([...args, ...(options.init ?? [])], folder);
    if (made.code !== 0) throw new Error(`praline init failed:\n${made.output}`);
    const clusterPath = join(folder, 'cluster', 'cluster.json');
    const cluster = clusterSchema.parse(JSON.parse(readFileSync(clusterPath, 'utf8')));
    const ports = await freePorts(options.nodes * 2);
    cluster.nodes.forEach((node, index) => {
      node.port = ports[index * 2] ?? 0;
      node.rpcPort = ports[index * 2 + 1] ?? 0;
    });
    writeFileSync(clusterPath, JSON.stringify(cluster, null, 2));
    return new Network(folder, clusterPath, cluster);
  }

  /** Node numbers, from 1. */
  get numbers(): readonly number[] {
    return this.cluster.nodes.map((_, index) => index + 1);
  }

  get running(): readonly number[] {
    return this.numbers.filter((number) => this.#processes.get(number)?.isRunning === true);
  }

  /** Funded development account `index`, from 0. */
  account(index: number): HDAccount {
    return mnemonicToAccount(DEVELOPMENT_MNEMONIC, { addressIndex: index });
  }

  url(number: number, scheme: 'http' | 'ws' = 'http'): string {
    return `${scheme}://127.0.0.1:${this.#node(number).rpcPort}`;
  }

  publicKey(number: number): string {
    return this.#node(number).publicKey;
  }

  process(number: number): PralineProcess {
    const found = this.#processes.get(number);
    if (found === undefined) throw new Error(`node ${number} was never started`);
    return found;
  }

  /** From its next start this node reads a cluster file of its own, in which it may find the others elsewhere. */
  writeClusterFile(number: number, cluster: ClusterFile): void {
    const path = join(this.folder, 'cluster', `node-${number}.json`);
    writeFileSync(path, JSON.stringify(cluster, null, 2));
    this.#clusterPaths.set(number, path);
  }

  /** Starts these nodes, all when none are named, and waits until they answer. */
  async start(...numbers: readonly number[]): Promise<void> {
    const chosen = numbers.length === 0 ? this.numbers : numbers;
    for (const number of chosen) {
      if (this.#processes.get(number)?.isRunning === true) continue;
      const path = this.#clusterPaths.get(number) ?? this.clusterPath;
      const args = ['node', '--cluster', path, '--node', String(number)];
      this.adopt(number, new PralineProcess(args, { cwd: this.folder }));
    }
    await Promise.all(chosen.map((number) => this.answers(number)));
  }

  /** Takes over a process that a test started itself as node `number`. */
  adopt(number: number, started: PralineProcess): void {
    const earlier = this.#processes.get(number);
    if (earlier !== undefined) this.#past.push(earlier);
    this.#processes.set(number, started);
  }

  /** Waits until the node's RPC port answers; fails at once when its process has ended. */
  async answers(number: number): Promise<void> {
    const { ended } = this.process(number);
    const died = ended.then((end) => {
      throw new Error(`node ${number} ended (${JSON.stringify(end)}):\n${this.logs(number)}`);
    });
    await Promise.race([until(() => this.rpc(number, 'eth_chainId')), died]);
  }

  /** Ends these nodes, all when none are named, and waits until they are gone. */
  async end(signal: NodeJS.Signals, ...numbers: readonly number[]): Promise<void> {
    const chosen = numbers.length === 0 ? this.numbers : numbers;
    await Promise.all(chosen.map((number) => this.#processes.get(number)?.end(signal)));
  }

  async rpc<Result>(
    number: number,
    method: string,
    params: readonly unknown[] = [],
    timeoutMs?: number,
  ): Promise<Result> {
    return await callRpc<Result>(this.url(number), method, params, timeoutMs);
  }

  async status(number: number): Promise<ConsensusStatus> {
    return statusSchema.parse(await this.rpc(number, 'mokka_status'));
  }

  /** Waits until all running nodes name the same leader of one term. */
  async leader(timeoutMs?: number): Promise<{ readonly number: number; readonly term: number }> {
    return await until(async () => {
      const seen = await Promise.all(this.running.map((number) => this.status(number)));
      const [first] = seen;
      if (first === undefined) throw new Error('no node is running');
      for (const status of seen) {
        deepEqual([status.term, status.leader], [first.term, first.leader]);
      }
      const number = this.cluster.nodes.findIndex((node) => node.publicKey === first.leader) + 1;
      ok(this.running.includes(number), `the leader, node ${number}, is running`);
      return { number, term: first.term };
    }, timeoutMs);
  }

  async height(number: number): Promise<number> {
    return Number(await this.rpc<string>(number, 'eth_blockNumber'));
  }

  /** Waits until all running nodes have the same head block; answers its number. */
  async agreedHeads(timeoutMs?: number): Promise<number> {
    return await until(async () => {
      const params = ['latest', false];
      const heads = await Promise.all(
        this.running.map((number) =>
          this.rpc<{ number: string; hash: string }>(number, 'eth_getBlockByNumber', params),
        ),
      );
      equal(new Set(heads.map(({ hash }) => hash)).size, 1, `heads are ${JSON.stringify(heads)}`);
      return Number(heads[0]?.number ?? 0);
    }, timeoutMs);
  }

  /** Waits until all running nodes have the same head, then compares every block from 0. Returns the hashes. */
  async agreedHashes(timeoutMs?: number): Promise<readonly string[]> {
    const height = await this.agreedHeads(timeoutMs);
    const chains = await Promise.all(this.running.map((number) => this.hashes(number, height)));
    for (const chain of chains) deepEqual(chain, chains[0]);
    return chains[0] ?? [];
  }

  /** Hashes of blocks 0 to `height`, asked one by one. */
  async hashes(number: number, height: number): Promise<readonly string[]> {
    const hashes: string[] = [];
    for (let block = 0; block <= height; block++) {
      const params = [`0x${block.toString(16)}`, false];
      const found = await this.rpc<{ hash: string } | null>(number, 'eth_getBlockByNumber', params);
      if (found === null) throw new Error(`node ${number} has no block ${block} of ${height}`);
      hashes.push(found.hash);
    }
    return hashes;
  }

  /** Output of a node's present and past processes. */
  logs(number: number): string {
    return this.#processes.get(number)?.output ?? '';
  }

  /** Ends every process and removes the folder. */
  async dispose(): Promise<void> {
    await this.end(disposeSignal());
    await Promise.all(this.#past.map((earlier) => earlier.end('SIGKILL')));
    rmSync(this.folder, { recursive: true, force: true });
  }

  #node(number: number): ClusterFile['nodes'][number] {
    const node = this.cluster.nodes[number - 1];
    if (node === undefined) throw new Error(`the cluster has no node ${number}`);
    return node;
  }
}
