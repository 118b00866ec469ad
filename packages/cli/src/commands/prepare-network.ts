/** The cluster folder that `start` runs: made on the first run, continued on every later one. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CLUSTER_FILE_NAME,
  FolderLock,
  findFreePorts,
  formatClusterFile,
  type InitNode,
  initCluster,
  isPortFree,
  LOCK_FOLDER,
  type LoadedCluster,
  loadCluster,
  lockNodeFolder,
  UNFINISHED_FILE_NAME,
  writeFileDurably,
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
  /** What the user should know, such as ports that were moved. */
  readonly notes: readonly string[];
  /** Lets another `praline start` have the folder. */
  release(): Promise<void>;
}

/** Throws `ConfigError` and `CommandError`. */
export async function prepareNetwork(
  folder: string,
  options: NetworkOptions,
  reset: boolean,
): Promise<PreparedNetwork> {
  const lock = await lockFolder(folder);
  try {
    const clusterPath = join(folder, CLUSTER_FILE_NAME);
    if (reset) {
      removeNetwork(folder, clusterPath);
    }
    const notes: string[] = [];
    const cluster = existsSync(clusterPath)
      ? await continueNetwork(folder, clusterPath, options, notes)
      : await makeNetwork(folder, options, notes);
    return { cluster, notes, release: () => lock.release() };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function makeNetwork(
  folder: string,
  options: NetworkOptions,
  notes: string[],
): Promise<LoadedCluster> {
  const nodes = await chooseNodes(options, nodeCountOf(options), notes);
  const cluster = await initCluster({ folder, nodes, genesis: genesisOptions(options) });
  writeFileDurably(
    join(folder, OPTIONS_FILE_NAME),
    `${JSON.stringify(toStored(options), null, 2)}\n`,
  );
  return cluster;
}

async function continueNetwork(
  folder: string,
  clusterPath: string,
  options: NetworkOptions,
  notes: string[],
): Promise<LoadedCluster> {
  const stored = requireSameOptions(folder, options);
  const cluster = loadCluster(clusterPath);
  if (await arePortsFree(cluster)) {
    return cluster;
  }
  const { nodes } = cluster.file;
  // A node that runs by hand keeps its ports.
  for (const position of nodes.keys()) {
    const lock = await lockNodeFolder(cluster.dataPath(position + 1));
    await lock.release();
  }
  const moved = await chooseNodes({ ...stored, ...options }, nodes.length, notes);
  const file = {
    ...cluster.file,
    nodes: nodes.map((node, position) => ({ ...node, ...moved[position] })),
  };
  writeFileDurably(clusterPath, formatClusterFile(file));
  return loadCluster(clusterPath);
}

async function lockFolder(folder: string): Promise<FolderLock> {
  try {
    return await FolderLock.acquire(folder);
  } catch (error) {
    throw new CommandError(
      EXIT_CODES.configuration,
      `Can not use ${folder}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

/** What `initCluster` puts into the genesis file. */
export function genesisOptions(options: NetworkOptions) {
  const { blockTime, chainId, crashModel, hardfork, mnemonic, accounts, balance } = options;
  return {
    ...(chainId === undefined ? {} : { chainId }),
    ...(crashModel === undefined ? {} : { crashModel }),
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
  const unfinished = join(folder, UNFINISHED_FILE_NAME);
  const kept = new Set([LOCK_FOLDER, UNFINISHED_FILE_NAME]);
  const entries = readdirSync(folder).filter((name) => !kept.has(name));
  if (entries.length > 0 && !existsSync(clusterPath) && !existsSync(unfinished)) {
    throw new CommandError(
      EXIT_CODES.configuration,
      `${folder} holds no network (no ${CLUSTER_FILE_NAME}), so --reset leaves it alone.`,
    );
  }
  // Before anything is removed, so that a run that is interrupted here can be repeated.
  writeFileSync(unfinished, '');
  for (const name of entries) {
    rmSync(join(folder, name), { recursive: true });
  }
}

/** The ports that were asked for, or the usual ones; those that are taken give way to the next free ones. */
async function chooseNodes(
  options: NetworkOptions,
  count: number,
  notes: string[],
): Promise<InitNode[]> {
  const choose = async (from: number, purpose: string, others: readonly number[]) => {
    const ports = await findFreePorts(HOST, from, count, others);
    if (ports.at(-1) !== from + count - 1) {
      notes.push(
        `Some of the ports ${from} to ${from + count - 1} are taken: the ${purpose} ports are ${ports.join(', ')}.`,
      );
    }
    return ports;
  };
  const rpcPorts = await choose(options.rpcPort ?? DEFAULT_RPC_PORT, 'RPC', []);
  const peerPorts = await choose(options.peerPort ?? DEFAULT_PEER_PORT, 'peer', rpcPorts);
  return rpcPorts.map((rpcPort, position) => ({
    host: HOST,
    port: peerPorts[position] ?? 0,
    rpcHost: HOST,
    rpcPort,
  }));
}

async function arePortsFree(cluster: LoadedCluster): Promise<boolean> {
  for (const { host, port, rpcHost, rpcPort } of cluster.file.nodes) {
    if (!(await isPortFree(rpcHost, rpcPort)) || !(await isPortFree(host, port))) {
      return false;
    }
  }
  return true;
}

function toStored(options: NetworkOptions): StoredOptions {
  const { nodes: _nodes, ...others } = options;
  const stored: StoredOptions = { nodes: nodeCountOf(options) };
  for (const [name, value] of Object.entries(others)) {
    stored[name] = typeof value === 'bigint' ? String(value) : value;
  }
  return stored;
}

/** Answers the ports that the network was made with. */
function requireSameOptions(
  folder: string,
  options: NetworkOptions,
): Pick<NetworkOptions, 'rpcPort' | 'peerPort'> {
  const path = join(folder, OPTIONS_FILE_NAME);
  if (!existsSync(path)) {
    return {};
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
  const { rpcPort, peerPort } = stored;
  return {
    ...(typeof rpcPort === 'number' ? { rpcPort } : {}),
    ...(typeof peerPort === 'number' ? { peerPort } : {}),
  };
}
