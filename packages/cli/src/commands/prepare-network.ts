/** The cluster folder that `start` runs: made on the first run, continued on every later one. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CLUSTER_FILE_NAME,
  findFreePorts,
  type InitNode,
  initCluster,
  type LoadedCluster,
  loadCluster,
  requireFreePort,
} from '@praline/node';
import { z } from 'zod';
import { CommandError, EXIT_CODES } from '../exit-code.ts';
import {
  DEFAULT_PEER_PORT,
  DEFAULT_RPC_PORT,
  type NetworkOptions,
  nodeCountOf,
} from './network-options.ts';

/** The options a network was made with, kept so that a later run with others is told so instead of ignored. */
const OPTIONS_FILE_NAME = 'network.json';
const HOST = '127.0.0.1';

const storedOptions = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
type StoredOptions = z.infer<typeof storedOptions>;

export interface PreparedNetwork {
  readonly cluster: LoadedCluster;
  readonly isNew: boolean;
  /** What the user should know, such as ports that were moved. */
  readonly notes: readonly string[];
}

/** Throws `ConfigError` and `CommandError`. */
export async function prepareNetwork(
  folder: string,
  options: NetworkOptions,
  reset: boolean,
): Promise<PreparedNetwork> {
  const clusterPath = join(folder, CLUSTER_FILE_NAME);
  if (reset && existsSync(folder)) {
    removeNetwork(folder, clusterPath);
  }
  if (existsSync(clusterPath)) {
    requireSameOptions(folder, options);
    const cluster = loadCluster(clusterPath);
    await requirePortsFree(cluster);
    return { cluster, isNew: false, notes: [] };
  }
  const notes: string[] = [];
  const nodes = await chooseNodes(options, notes);
  const cluster = await initCluster({ folder, nodes, genesis: genesisOptions(options) });
  writeFileSync(join(folder, OPTIONS_FILE_NAME), `${JSON.stringify(toStored(options), null, 2)}\n`);
  return { cluster, isNew: true, notes };
}

/** What `initCluster` puts into the genesis file. */
export function genesisOptions(options: NetworkOptions) {
  const { blockTime, chainId, hardfork, mnemonic, accounts, balance } = options;
  return {
    ...(chainId === undefined ? {} : { chainId }),
    ...(hardfork === undefined ? {} : { fork: hardfork }),
    ...(mnemonic === undefined ? {} : { mnemonic }),
    ...(accounts === undefined ? {} : { accounts }),
    ...(balance === undefined ? {} : { balance }),
    ...(blockTime === undefined
      ? {}
      : {
          mining: {
            mode: 'interval' as const,
            blockTimeMs: blockTime,
            emptyBlocks: options.emptyBlocks === true,
          },
        }),
  };
}

function removeNetwork(folder: string, clusterPath: string): void {
  if (!existsSync(clusterPath)) {
    throw new CommandError(
      EXIT_CODES.configuration,
      `${folder} holds no network (no ${CLUSTER_FILE_NAME}), so --reset leaves it alone.`,
    );
  }
  rmSync(folder, { recursive: true });
}

/** Ports that were asked for must be free; the usual ones give way to the next free ones. */
async function chooseNodes(options: NetworkOptions, notes: string[]): Promise<InitNode[]> {
  const count = nodeCountOf(options);
  const rpcPorts = await choosePorts(options.rpcPort, DEFAULT_RPC_PORT, count, 'RPC', notes);
  const peerPorts = await choosePorts(options.peerPort, DEFAULT_PEER_PORT, count, 'peer', notes);
  return rpcPorts.map((rpcPort, position) => ({
    host: HOST,
    port: peerPorts[position] ?? 0,
    rpcHost: HOST,
    rpcPort,
  }));
}

async function choosePorts(
  asked: number | undefined,
  usual: number,
  count: number,
  purpose: string,
  notes: string[],
): Promise<number[]> {
  if (asked !== undefined) {
    const ports = Array.from({ length: count }, (_, position) => asked + position);
    for (const port of ports) {
      await requireFreePort(HOST, port, `${purpose} port`);
    }
    return ports;
  }
  const ports = await findFreePorts(HOST, usual, count);
  if (ports.at(-1) !== usual + count - 1) {
    notes.push(
      `Some of the ports ${usual} to ${usual + count - 1} are taken: the ${purpose} ports are ${ports.join(', ')}.`,
    );
  }
  return ports;
}

async function requirePortsFree(cluster: LoadedCluster): Promise<void> {
  for (const [position, node] of cluster.file.nodes.entries()) {
    await requireFreePort(node.rpcHost, node.rpcPort, `RPC port of node ${position + 1}`);
    await requireFreePort(node.host, node.port, `peer port of node ${position + 1}`);
  }
}

function toStored(options: NetworkOptions): StoredOptions {
  const { nodes: _nodes, ...others } = options;
  const stored: StoredOptions = { nodes: nodeCountOf(options) };
  for (const [name, value] of Object.entries(others)) {
    stored[name] = typeof value === 'bigint' ? String(value) : value;
  }
  return stored;
}

function requireSameOptions(folder: string, options: NetworkOptions): void {
  const path = join(folder, OPTIONS_FILE_NAME);
  if (!existsSync(path)) {
    return;
  }
  const parsed = storedOptions.safeParse(JSON.parse(readFileSync(path, 'utf8')));
  const stored = parsed.success ? parsed.data : {};
  const given = options.nodes === undefined ? {} : { nodes: options.nodes };
  const asked = { ...toStored(options), ...given };
  for (const [name, value] of Object.entries(asked)) {
    if (name === 'nodes' && options.nodes === undefined) {
      continue;
    }
    if (stored[name] !== value) {
      throw new CommandError(
        EXIT_CODES.configuration,
        `${folder} holds a network that was made with ${name} ${stored[name] ?? 'left out'}, not ${value}. Leave the option out to continue it, or start anew with --reset or another --data.`,
      );
    }
  }
}
