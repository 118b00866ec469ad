/** A whole cluster in this process, on free ports and in a folder of its own: for tests and for trying things. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DevGenesisOptions } from '@praline/chain';
import type { Retention, Timing } from 'mokka';
import type { LoadedCluster } from '../config/cluster-file.ts';
import { findFreePorts } from '../config/ports.ts';
import type { NodeEvent } from '../lifecycle/node-event.ts';
import type { LogLevel } from '../telemetry/logger.ts';
import { CLUSTER_FILE_NAME, initCluster } from './init-cluster.ts';
import { joinCluster } from './join-cluster.ts';
import { type StartedNode, startClusterNode } from './start-node.ts';

const HOST = '127.0.0.1';
/** Where the search for free ports starts, and how far apart searches of different clusters start. */
const FIRST_PORT = 20_000;
const PORT_SPREAD = 20_000;

export interface CreateClusterOptions {
  /** Default 3. */
  readonly nodes?: number;
  readonly genesis?: Omit<DevGenesisOptions, 'validators'>;
  readonly timing?: Partial<Timing>;
  /** What is kept of the log. Default: everything. */
  readonly retention?: Retention;
  /** Last blocks whose states are kept for queries and proofs. Default: all. */
  readonly stateHistory?: number;
  /** Entries behind from which on a node takes a snapshot instead of replaying the log. */
  readonly snapshotDistance?: number;
  /** Default `warn`, into each node's data folder. */
  readonly logLevel?: LogLevel;
  readonly onEvent?: (node: number, event: NodeEvent) => void;
}

export interface Cluster {
  readonly config: LoadedCluster;
  /** RPC URLs in the order of the nodes. */
  readonly rpcUrls: readonly string[];
  /** Starts one more node, with files of its own as on another machine. It is no member before the others add it. */
  join(): Promise<{
    readonly number: number;
    readonly publicKey: string;
    readonly address: string;
  }>;
  /** Stops one node, as an operator would; its data stays. */
  stop(number: number): Promise<void>;
  /** Starts a node that was stopped. */
  start(number: number): Promise<void>;
  /** Stops all nodes and deletes their data. */
  close(): Promise<void>;
}

export async function createCluster(options: CreateClusterOptions = {}): Promise<Cluster> {
  const count = options.nodes ?? 3;
  const root = await mkdtemp(join(tmpdir(), 'praline-cluster-'));
  const from = FIRST_PORT + Math.floor(Math.random() * PORT_SPREAD);
  const ports = await findFreePorts(HOST, from, 2 * count);
  const config = await initCluster({
    folder: join(root, 'cluster'),
    nodes: Array.from({ length: count }, (_, position) => ({
      host: HOST,
      port: ports[2 * position] ?? 0,
      rpcHost: HOST,
      rpcPort: ports[2 * position + 1] ?? 0,
    })),
    genesis: options.genesis ?? {},
  });
  const running = new Map<number, StartedNode>();
  const clusters = new Map<number, LoadedCluster>();
  const start = async (number: number): Promise<void> => {
    const node = await startClusterNode({
      cluster: clusters.get(number) ?? config,
      number,
      logLevel: options.logLevel ?? 'warn',
      onEvent: (event) => options.onEvent?.(number, event),
      ...(options.timing === undefined ? {} : { timing: options.timing }),
      ...(options.retention === undefined ? {} : { retention: options.retention }),
      ...(options.stateHistory === undefined ? {} : { stateHistory: options.stateHistory }),
      ...(options.snapshotDistance === undefined
        ? {}
        : { snapshotDistance: options.snapshotDistance }),
    });
    running.set(number, node);
  };
  const stop = async (number: number): Promise<void> => {
    const node = running.get(number);
    running.delete(number);
    await node?.close();
  };
  const rpcUrls = config.file.nodes.map(({ rpcPort }) => `http://${HOST}:${rpcPort}`);
  const addMachine = async () => {
    const [port = 0, rpcPort = 0] = await findFreePorts(HOST, from + 4 * count, 2);
    const machine = join(root, `machine-${rpcUrls.length + 1}`);
    mkdirSync(machine);
    const clusterPath = join(machine, CLUSTER_FILE_NAME);
    copyFileSync(config.path, clusterPath);
    copyFileSync(config.genesisPath, join(machine, config.file.genesis));
    const place = { host: HOST, port, rpcHost: HOST, rpcPort };
    const { cluster, number, publicKey } = await joinCluster({ clusterPath, ...place });
    clusters.set(number, cluster);
    rpcUrls.push(`http://${HOST}:${rpcPort}`);
    await start(number);
    return { number, publicKey, address: `${HOST}:${port}` };
  };
  const close = async (): Promise<void> => {
    await Promise.all([...running.keys()].map(stop));
    await rm(root, { recursive: true, force: true });
  };
  try {
    await Promise.all(config.file.nodes.map((_, position) => start(position + 1)));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    config,
    rpcUrls,
    join: addMachine,
    start,
    stop,
    close,
  };
}
