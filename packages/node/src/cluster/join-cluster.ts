/**
 * Prepares a machine for a node that joins a network after genesis: a key of its own, a place in this machine's cluster file
 * and an empty data folder. The network hears nothing of it; its members add the node by agreement, then it catches up.
 */
import { existsSync, readFileSync } from 'node:fs';
import { NodeKey } from 'mokka';
import {
  formatClusterFile,
  type LoadedCluster,
  loadCluster,
  parseClusterFile,
} from '../config/cluster-file.ts';
import { storeIdentity } from '../config/cluster-identity.ts';
import { ConfigError } from '../config/config-error.ts';
import { writeFileDurably } from '../config/durable-file.ts';
import { loadGenesis } from '../config/genesis-source.ts';
import { readKeyFile, writeKeyFile } from '../config/key-file.ts';
import { createNodeFolder } from '../config/node-folder.ts';

export interface JoinClusterOptions {
  /** The cluster file, copied from a machine of the network with its genesis file beside it. It is written to. */
  readonly clusterPath: string;
  /** Where the other nodes will reach this one. */
  readonly host: string;
  readonly port: number;
  readonly rpcHost: string;
  readonly rpcPort: number;
  /** A secret key file of a key that was never used; a key is made without it. */
  readonly keyPath?: string;
}

export interface JoinedCluster {
  readonly cluster: LoadedCluster;
  /** Number of the new node in the cluster file, from 1. */
  readonly number: number;
  readonly publicKey: string;
}

/** Throws `ConfigError`; nothing is changed then. A call that is interrupted leaves at most a node without data (`--init`). */
export async function joinCluster(options: JoinClusterOptions): Promise<JoinedCluster> {
  const { clusterPath, host, port, rpcHost, rpcPort } = options;
  const before = loadCluster(clusterPath);
  const { json, genesis } = loadGenesis(before);
  const number = before.file.nodes.length + 1;
  const key = takeKey(before.keyPath(number), options.keyPath);
  const file = {
    ...before.file,
    nodes: [
      ...before.file.nodes,
      { publicKey: key.id, host, port, rpcHost, rpcPort, joined: true as const },
    ],
  };
  // What the file would refuse is refused before anything is made.
  const text = formatClusterFile(file);
  parseClusterFile(text, clusterPath);
  const dataPath = before.dataPath(number);
  if (existsSync(dataPath)) {
    throw new ConfigError(
      'folder-occupied',
      dataPath,
      `${dataPath} exists already. Move it away: a new node starts without any data.`,
    );
  }
  if (!existsSync(before.keyPath(number))) {
    writeKeyFile(before.keyPath(number), key);
  }
  writeFileDurably(clusterPath, text);
  await createNodeFolder(dataPath, json, storeIdentity(genesis, key.id));
  return { cluster: loadCluster(clusterPath), number, publicKey: key.id };
}

/** The key at its place, the one that is brought along, or a new one. */
function takeKey(place: string, given: string | undefined): NodeKey {
  if (existsSync(place)) {
    const present = readKeyFile(place);
    if (given !== undefined && readFileSync(given, 'utf8') !== readFileSync(place, 'utf8')) {
      throw new ConfigError('folder-occupied', place, `${place} holds another key than ${given}.`);
    }
    return present;
  }
  return given === undefined ? NodeKey.generate() : readKeyFile(given);
}
