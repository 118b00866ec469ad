/** The machines of a run, the proxies between them, and where clients find them. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { LinkState } from '../../../harness/directed-pipe.ts';
import { callRpc } from '../../../harness/json-rpc.ts';
import { LinkProxy } from '../../../harness/link-proxy.ts';
import { DEVELOPMENT_MNEMONIC } from '../../../harness/network.ts';
import { type ProcessEnd, runPraline } from '../../../harness/praline-process.ts';
import { until } from '../../../harness/until.ts';
import { type Direction, directionOf } from '../nemesis/fault.ts';
import { addressesOf, Machine } from './machine.ts';
import { run } from './sandbox.ts';

export type CrashModel = 'CFT' | 'BFT';

export interface IsolatedNetworkOptions {
  readonly nodes: number;
  readonly crashModel: CrashModel;
  /** Funded accounts of the development phrase. */
  readonly accounts: number;
  /** Cluster files and mount points. */
  readonly folder: string;
  /** What nodes print, and their logs at the end. */
  readonly logFolder: string;
  readonly diskMebibytes: number;
  /** One node that runs another entry file. */
  readonly liar?: {
    readonly node: number;
    readonly entry: string;
    readonly environment: Readonly<Record<string, string>>;
  };
  readonly onUnaskedEnd: (node: number, end: ProcessEnd, output: string) => void;
}

const PEER_PORT = 3000;
const RPC_PORT = 8545;
/** A node finds node n at this port plus n of its switch. */
const PROXY_PORT = 4000;
/** Milliseconds in which a node answers after its start. */
const START_TIMEOUT_MS = 120_000;

const clusterSchema = z.looseObject({
  nodes: z.array(
    z.looseObject({
      publicKey: z.string(),
      host: z.string(),
      port: z.int(),
      rpcHost: z.string(),
      rpcPort: z.int(),
    }),
  ),
});

interface Link {
  readonly from: number;
  readonly to: number;
  readonly proxy: LinkProxy;
}

export class IsolatedNetwork {
  readonly machines: readonly Machine[];
  /** By node, in the nodes' order. */
  readonly publicKeys: readonly string[];
  readonly #links: readonly Link[];
  readonly #states: ReadonlyMap<Direction, LinkState>;
  readonly #logFolder: string;

  private constructor(parts: {
    machines: readonly Machine[];
    publicKeys: readonly string[];
    links: readonly Link[];
    states: ReadonlyMap<Direction, LinkState>;
    logFolder: string;
  }) {
    this.machines = parts.machines;
    this.publicKeys = parts.publicKeys;
    this.#links = parts.links;
    this.#states = parts.states;
    this.#logFolder = parts.logFolder;
  }

  /** Makes cluster, machines and proxies; starts no node. */
  static async create(options: IsolatedNetworkOptions): Promise<IsolatedNetwork> {
    run('ip', 'link', 'set', 'lo', 'up');
    const publicKeys = await makeCluster(options);
    const machines: Machine[] = [];
    for (const [position] of publicKeys.entries()) {
      const number = position + 1;
      const { liar } = options;
      machines.push(
        await Machine.create({
          number,
          clusterPath: clusterPathOf(options.folder, number),
          disk: diskOf(options.folder, number),
          diskMebibytes: options.diskMebibytes,
          outputPath: join(options.logFolder, `node-${number}.output`),
          ...(liar?.node === number ? { entry: liar.entry, environment: liar.environment } : {}),
          onUnaskedEnd: (end, output) => options.onUnaskedEnd(number, end, output),
        }),
      );
    }
    const pairs = machines.flatMap(({ number: from }) =>
      machines.filter(({ number }) => number !== from).map(({ number: to }) => ({ from, to })),
    );
    const states = new Map<Direction, LinkState>();
    for (const { from, to } of pairs) {
      states.set(directionOf(from, to), { isBlocked: false, delay: null });
    }
    const stateOf = (from: number, to: number): LinkState => {
      const state = states.get(directionOf(from, to));
      if (state === undefined) throw new Error(`no way from node ${from} to node ${to}`);
      return state;
    };
    const links = await Promise.all(
      pairs.map(async ({ from, to }): Promise<Link> => {
        const proxy = await LinkProxy.listen({
          listen: { host: addressesOf(from).hub, port: PROXY_PORT + to },
          target: { host: addressesOf(to).node, port: PEER_PORT },
          outward: stateOf(from, to),
          inward: stateOf(to, from),
        });
        return { from, to, proxy };
      }),
    );
    return new IsolatedNetwork({
      machines,
      publicKeys,
      links,
      states,
      logFolder: options.logFolder,
    });
  }

  get numbers(): readonly number[] {
    return this.machines.map(({ number }) => number);
  }

  url(number: number): string {
    return `http://${addressesOf(number).node}:${RPC_PORT}`;
  }

  machine(number: number): Machine {
    const machine = this.machines[number - 1];
    if (machine === undefined) throw new Error(`there is no node ${number}`);
    return machine;
  }

  /** Starts all nodes and waits until they answer. Throws what a node printed when it refuses to run. */
  async start(): Promise<void> {
    for (const machine of this.machines) machine.start();
    await until(async () => {
      await Promise.all(
        this.machines.map(async (machine) => {
          if (machine.isRunning) await callRpc(this.url(machine.number), 'eth_chainId', [], 2_000);
        }),
      );
    }, START_TIMEOUT_MS);
    const ended = this.machines.find((machine) => !machine.isRunning);
    if (ended !== undefined) {
      throw new Error(`node ${ended.number} refuses to run:\n${ended.output.trim()}`);
    }
  }

  /** The state of a direction of traffic; call `flush` after changing it. */
  link(direction: Direction): LinkState {
    const state = this.#states.get(direction);
    if (state === undefined) throw new Error(`there is no way ${direction}`);
    return state;
  }

  flush(): void {
    for (const { proxy } of this.#links) proxy.flush();
  }

  /** Breaks the connections that carry these directions, whichever node made them. */
  reset(directions: ReadonlySet<Direction>): void {
    for (const { from, to, proxy } of this.#links) {
      if (directions.has(directionOf(from, to)) || directions.has(directionOf(to, from))) {
        proxy.reset();
      }
    }
  }

  saveLogs(): void {
    for (const machine of this.machines) {
      machine.saveLog(join(this.#logFolder, `node-${machine.number}.log`));
    }
  }

  async dispose(): Promise<void> {
    for (const { proxy } of this.#links) proxy.close();
    await Promise.all(this.machines.map((machine) => machine.dispose()));
  }
}

function clusterPathOf(folder: string, number: number): string {
  return join(folder, 'cluster', `node-${number}.json`);
}

function diskOf(folder: string, number: number): string {
  return join(folder, `disk-${number}`);
}

/** One cluster file per node, in which the others are where the proxies are. Returns the public keys. */
async function makeCluster(options: IsolatedNetworkOptions): Promise<readonly string[]> {
  const { folder, nodes, crashModel, accounts } = options;
  mkdirSync(folder, { recursive: true });
  mkdirSync(options.logFolder, { recursive: true });
  const path = join(folder, 'cluster');
  const made = await runPraline(
    [
      ...['init', path, '--nodes', String(nodes), '--accounts', String(accounts)],
      ...['--mnemonic', DEVELOPMENT_MNEMONIC, '--crash-model', crashModel],
    ],
    folder,
  );
  if (made.code !== 0) throw new Error(`praline init failed:\n${made.output}`);
  const cluster = clusterSchema.parse(JSON.parse(readFileSync(join(path, 'cluster.json'), 'utf8')));
  // The nodes make their own, on their own disks, at their first start.
  rmSync(join(path, 'data'), { recursive: true, force: true });
  cluster.nodes.forEach((_, position) => {
    const self = position + 1;
    const seen = cluster.nodes.map((node, index) => {
      const number = index + 1;
      const rpc = { rpcHost: addressesOf(number).node, rpcPort: RPC_PORT };
      return number === self
        ? { ...node, ...rpc, host: addressesOf(self).node, port: PEER_PORT }
        : { ...node, ...rpc, host: addressesOf(self).hub, port: PROXY_PORT + number };
    });
    writeFileSync(
      clusterPathOf(folder, self),
      JSON.stringify({ ...cluster, nodes: seen, data: diskOf(folder, self) }, null, 2),
    );
  });
  return cluster.nodes.map(({ publicKey }) => publicKey);
}
