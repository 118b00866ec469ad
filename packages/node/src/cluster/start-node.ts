/** From a cluster file to a running node: reads the key, takes the data folder, checks the ports, starts. */
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Address } from '@praline/chain';
import type { NodeKey, Retention, Timing } from 'mokka';
import type { ClusterNode, LoadedCluster } from '../config/cluster-file.ts';
import { storeIdentity } from '../config/cluster-identity.ts';
import { ConfigError } from '../config/config-error.ts';
import { loadGenesis } from '../config/genesis-source.ts';
import { readKeyFile } from '../config/key-file.ts';
import {
  createNodeFolder,
  lockNodeFolder,
  nodeFolder,
  requireIntactChain,
} from '../config/node-folder.ts';
import { requireFreePort } from '../config/ports.ts';
import { type RpcConfiguration, readRpcAccess } from '../config/rpc-access.ts';
import type { NodeEvent } from '../lifecycle/node-event.ts';
import { PralineNode } from '../lifecycle/praline-node.ts';
import { createLogger, type LogLevel } from '../telemetry/logger.ts';

/** Where fees go when the cluster file names no account for the node. */
const NO_ACCOUNT = `0x${'00'.repeat(20)}`;
/** Nodes that start at the same moment may both give way; each looks again this often before it gives up. */
const FREE_NODE_ATTEMPTS = 5;
/** Milliseconds between looks, each with as much chance again. */
const FREE_NODE_PAUSE_MS = 200;

export interface StartOptions {
  readonly cluster: LoadedCluster;
  readonly logLevel: LogLevel;
  readonly onEvent: (event: NodeEvent) => void;
  readonly timing?: Partial<Timing>;
  /** What is kept of the log. Default: everything. */
  readonly retention?: Retention;
  /** Last blocks whose states are kept for queries and proofs. Default: all. */
  readonly stateHistory?: number;
  /** Entries behind from which on a snapshot is taken instead of replaying the log. */
  readonly snapshotDistance?: number;
  /** Whether clients may change the network; default: in development mode. */
  readonly admin?: boolean;
  /** To whom JSON-RPC is served, and where beside the RPC port of the cluster file. */
  readonly rpc?: RpcConfiguration;
}

export interface StartNodeOptions extends StartOptions {
  /** Number in the cluster file, from 1. */
  readonly number: number;
  /** Makes the data folder first, for a key that was never used. */
  readonly init?: boolean;
}

/** A node that gives its data folder free when it is closed. */
export interface StartedNode {
  readonly number: number;
  readonly rpcUrl: string;
  readonly peerAddress: string;
  readonly publicKey: string;
  /** Resolves when the node must stop, with the reason. */
  readonly failed: Promise<Error>;
  close(): Promise<void>;
}

/** Throws `ConfigError`. */
export async function startClusterNode(options: StartNodeOptions): Promise<StartedNode> {
  const { cluster, number } = options;
  const member = cluster.file.nodes[number - 1];
  if (member === undefined) {
    throw new ConfigError(
      'no-such-node',
      cluster.path,
      `${cluster.path} has no node ${number}; it names ${cluster.file.nodes.length}.`,
    );
  }
  const key = memberKey(cluster, number, member);
  const { json, genesis } = loadGenesis(cluster);
  const dataPath = cluster.dataPath(number);
  if (options.init === true) {
    await createNodeFolder(dataPath, json, storeIdentity(genesis, key.id));
  }
  const rpc = options.rpc === undefined ? undefined : readRpcAccess(options.rpc, dataPath);
  const lock = await lockNodeFolder(dataPath);
  const logger = createLogger({
    level: options.logLevel,
    path: nodeFolder(dataPath).logFile,
    fields: { node: number },
  });
  const release = async (): Promise<void> => {
    logger.close();
    await lock.release();
  };
  try {
    await requireFreePort(member.rpcHost, member.rpcPort, `RPC port of node ${number}`);
    await requireFreePort(member.host, member.port, `peer port of node ${number}`);
    if (rpc?.adminPort !== undefined) {
      const { host, port } = rpc.adminPort;
      await requireFreePort(host, port, `admin RPC port of node ${number}`);
    }
    await requireIntactChain(dataPath);
    const node = new PralineNode({
      number,
      key,
      members: cluster.file.nodes,
      genesis,
      genesisJson: json,
      dataPath,
      logger,
      onEvent: options.onEvent,
      coinbase: (member.account ?? NO_ACCOUNT).toLowerCase() as Address,
      ...(rpc === undefined ? {} : { rpc }),
      ...(options.admin === undefined ? {} : { admin: options.admin }),
      ...(options.timing === undefined ? {} : { timing: options.timing }),
      ...(options.retention === undefined ? {} : { retention: options.retention }),
      ...(options.stateHistory === undefined ? {} : { stateHistory: options.stateHistory }),
      ...(options.snapshotDistance === undefined
        ? {}
        : { snapshotDistance: options.snapshotDistance }),
    });
    await node.start();
    return {
      number,
      rpcUrl: node.rpcUrl,
      peerAddress: node.peerAddress,
      publicKey: node.id,
      failed: node.failed,
      close: async () => {
        await node.close();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Starts the first node whose key is here and which does not run yet. Throws `ConfigError`. */
export async function startFirstFreeNode(options: StartOptions): Promise<StartedNode> {
  const { cluster } = options;
  const numbers = cluster.file.nodes.map((_, position) => position + 1);
  const own = numbers.filter((number) => existsSync(cluster.keyPath(number)));
  if (own.length === 0) {
    throw new ConfigError(
      'key-missing',
      cluster.keyPath(1),
      `No secret key of this cluster is here: looked for ${cluster.keyPath(1)} and its like.`,
    );
  }
  for (let attempt = 1; attempt <= FREE_NODE_ATTEMPTS; attempt += 1) {
    for (const number of own) {
      try {
        return await startClusterNode({ ...options, number });
      } catch (error) {
        if (!(error instanceof ConfigError && TAKEN.has(error.code))) {
          throw error;
        }
      }
    }
    await pause(FREE_NODE_PAUSE_MS * (1 + Math.random()));
  }
  throw new ConfigError(
    'no-free-node',
    cluster.path,
    `Every node of ${cluster.path} whose key is here runs already, or its ports are taken.`,
  );
}

/** Where another node of the file may still run here: one may belong to another machine. */
const TAKEN = new Set(['folder-locked', 'port-taken', 'port-unusable']);

function memberKey(cluster: LoadedCluster, number: number, member: ClusterNode): NodeKey {
  const path = cluster.keyPath(number);
  const key = readKeyFile(path);
  if (key.id === member.publicKey) {
    return key;
  }
  const other = cluster.file.nodes.findIndex(({ publicKey }) => publicKey === key.id);
  throw new ConfigError(
    'key-not-in-cluster',
    path,
    other === -1
      ? `The key in ${path} belongs to no node of ${cluster.path} (its public key is ${key.id}).`
      : `The key in ${path} belongs to node ${other + 1} of ${cluster.path}, not to node ${number}.`,
  );
}
