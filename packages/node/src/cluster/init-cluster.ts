/**
 * Makes everything a new cluster needs in one folder: a key per node, the genesis file, the cluster file, and an empty
 * data folder per node. It is the only thing that makes data folders: a validator whose data is gone has forgotten its
 * promises and must come back with a new key (rule *durability*).
 */
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { DevGenesisOptions } from '@praline/chain';
import { readGenesisConfiguration } from '@praline/chain/configuration';
import { makeFolder, NodeKey } from 'mokka';
import {
  type ClusterFile,
  formatClusterFile,
  type LoadedCluster,
  loadCluster,
} from '../config/cluster-file.ts';
import { storeIdentity } from '../config/cluster-identity.ts';
import { ConfigError } from '../config/config-error.ts';
import { syncFolder, unfinishedPath, writeFileDurably } from '../config/durable-file.ts';
import { writeKeyFile } from '../config/key-file.ts';
import { createNodeFolder, LOCK_FOLDER } from '../config/node-folder.ts';

/** Name of the cluster file in a cluster's folder. */
export const CLUSTER_FILE_NAME = 'cluster.json';
const GENESIS_FILE_NAME = 'genesis.json';
const KEYS_FOLDER = 'keys';
const DATA_FOLDER = 'data';
/** In a cluster's folder while it is being made or removed. */
export const UNFINISHED_FILE_NAME = 'unfinished';

export interface InitClusterOptions {
  /** Made where missing; must be empty otherwise. */
  readonly folder: string;
  /** One element per node. */
  readonly nodes: readonly InitNode[];
  /** Everything of the genesis but the validators. Its time is now by default: test suites reckon from the last block's. */
  readonly genesis: Omit<DevGenesisOptions, 'validators'>;
}

export interface InitNode {
  readonly host: string;
  readonly port: number;
  readonly rpcHost: string;
  readonly rpcPort: number;
}

/**
 * Throws `ConfigError`, with code `folder-occupied` when there is something in the folder. What an earlier call left
 * that was interrupted is replaced: its keys were never used, since no node runs without the cluster file.
 */
export async function initCluster(options: InitClusterOptions): Promise<LoadedCluster> {
  const { folder } = options;
  try {
    await makeFolder(folder, 0o755);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError('data-unusable', folder, `${folder} can not be made: ${reason}.`, {
      cause: error,
    });
  }
  const unfinished = join(folder, UNFINISHED_FILE_NAME);
  if (existsSync(unfinished) && !existsSync(join(folder, CLUSTER_FILE_NAME))) {
    const leftovers = [GENESIS_FILE_NAME, CLUSTER_FILE_NAME].map(unfinishedPath);
    for (const name of [GENESIS_FILE_NAME, KEYS_FOLDER, DATA_FOLDER, ...leftovers]) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
    rmSync(unfinished);
  }
  if (readdirSync(folder).some((name) => name !== LOCK_FOLDER)) {
    throw new ConfigError(
      'folder-occupied',
      folder,
      `${folder} is not empty. Choose another folder; nothing was changed.`,
    );
  }
  writeFileSync(unfinished, '', { flag: 'wx' });
  const keys = options.nodes.map(() => NodeKey.generate());
  keys.forEach((key, position) => {
    writeKeyFile(join(folder, KEYS_FOLDER, `${position + 1}.key`), key);
  });
  const validators = keys.map(({ id }) => id);
  const { devGenesisFile } = await import('@praline/chain/reading');
  const timestamp = Math.floor(Date.now() / 1_000);
  const genesis = devGenesisFile({ timestamp, ...options.genesis, validators });
  writeFileDurably(join(folder, GENESIS_FILE_NAME), `${JSON.stringify(genesis, null, 2)}\n`);
  const file: ClusterFile = {
    genesis: GENESIS_FILE_NAME,
    data: DATA_FOLDER,
    keys: KEYS_FOLDER,
    nodes: options.nodes.map((node, position) => ({
      publicKey: keys[position]?.id ?? '',
      ...node,
    })),
  };
  const parsed = readGenesisConfiguration(genesis);
  for (const [position, key] of keys.entries()) {
    const path = join(folder, file.data, String(position + 1));
    await createNodeFolder(path, genesis, storeIdentity(parsed, key.id));
  }
  // Last, so that a folder with a cluster file is complete: first every name that leads to the rest is on disk.
  syncFolder(folder);
  syncFolder(dirname(resolve(folder)));
  const path = join(folder, CLUSTER_FILE_NAME);
  writeFileDurably(path, formatClusterFile(file), { isNew: true });
  rmSync(unfinished);
  return loadCluster(path);
}
