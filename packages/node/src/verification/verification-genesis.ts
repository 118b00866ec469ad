/** The genesis that a log is verified against: of a genesis file alone, or as a cluster file completes it. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Genesis } from '@praline/chain';
import { ChainError } from '@praline/chain/configuration';
import { createGenesis } from '@praline/chain/reading';
import { CLUSTER_FILE_NAME } from '../cluster/init-cluster.ts';
import { loadCluster } from '../config/cluster-file.ts';
import { ConfigError } from '../config/config-error.ts';
import { loadGenesis, readGenesisJson } from '../config/genesis-source.ts';

export interface GenesisPaths {
  readonly genesis?: string;
  readonly cluster?: string;
  /** A node's data folder: its cluster file is looked for above it, where `init` and `join` put it. */
  readonly data?: string;
}

/** Throws `ConfigError`. */
export function readVerificationGenesis(paths: GenesisPaths): Genesis {
  if (paths.genesis !== undefined) {
    return genesisOf(paths.genesis, readGenesisJson(paths.genesis));
  }
  const beside =
    paths.data === undefined ? undefined : join(dirname(dirname(paths.data)), CLUSTER_FILE_NAME);
  const clusterPath = paths.cluster ?? (beside !== undefined && existsSync(beside) ? beside : null);
  if (clusterPath === null) {
    throw new ConfigError(
      'file-missing',
      paths.data ?? '',
      'Name the genesis file of the network with --genesis, or a cluster file with --cluster: what it says is all that is trusted.',
    );
  }
  const cluster = loadCluster(clusterPath);
  return genesisOf(cluster.genesisPath, loadGenesis(cluster).json);
}

function genesisOf(path: string, json: unknown): Genesis {
  try {
    const genesis = createGenesis(json);
    if (genesis.praline.validators.length === 0) {
      throw new ConfigError(
        'invalid',
        path,
        `${path} names no validators, so those of the cluster file count: name that with --cluster.`,
      );
    }
    return genesis;
  } catch (error) {
    if (error instanceof ChainError) {
      throw new ConfigError('invalid', path, `${path}: ${error.message}.`, { cause: error });
    }
    throw error;
  }
}
