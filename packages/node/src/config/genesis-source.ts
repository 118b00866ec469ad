/**
 * The genesis that all nodes of a cluster agree on: the genesis file, with what the cluster file adds to it.
 *
 * A genesis file that names no validators takes those of the cluster file that did not join later, in its order; accounts that the cluster
 * file funds are added to `alloc`. Both are part of the configuration hash, so nodes that were started from
 * different files do not talk to each other.
 */
import { readFileSync, statSync } from 'node:fs';
import type { GenesisConfiguration } from '@praline/chain';
import { ChainError, readGenesisConfiguration } from '@praline/chain/configuration';
import { z } from 'zod';
import type { LoadedCluster } from './cluster-file.ts';
import { ConfigError } from './config-error.ts';

/** Bytes of a genesis file beyond which it is refused. */
const MAX_GENESIS_BYTES = 256 * 1024 * 1024;

/** What is read here; the rest is the chain's to check. */
const genesisOutline = z.looseObject({
  alloc: z.record(z.string(), z.unknown()).default({}),
  praline: z.looseObject({ validators: z.array(z.string()).optional() }).default({}),
});

export interface LoadedGenesis {
  /** The file's JSON with the cluster file's additions; threads make their own `Genesis` of it. */
  readonly json: unknown;
  readonly genesis: GenesisConfiguration;
}

/** Throws `ConfigError`. */
export function loadGenesis(cluster: LoadedCluster): LoadedGenesis {
  const path = cluster.genesisPath;
  const outline = genesisOutline.safeParse(readGenesisJson(path));
  if (!outline.success) {
    throw new ConfigError('invalid', path, `${path} is not a genesis file in geth's format.`);
  }
  const { alloc, praline } = outline.data;
  const nodes = cluster.file.nodes;
  const validators =
    praline.validators === undefined || praline.validators.length === 0
      ? nodes.filter(({ joined }) => joined !== true).map(({ publicKey }) => publicKey)
      : praline.validators;
  const funded = fundedAccounts(cluster, alloc);
  const json = {
    ...outline.data,
    alloc: { ...alloc, ...funded },
    praline: { ...praline, validators },
  };
  try {
    const genesis = readGenesisConfiguration(json);
    requireValidatorsListed(cluster, genesis.praline.validators);
    return { json, genesis };
  } catch (error) {
    if (error instanceof ChainError) {
      throw new ConfigError('invalid', path, `${path}: ${error.message}.`, { cause: error });
    }
    throw error;
  }
}

/** The JSON of a genesis file as it is written, of bounded size. Throws `ConfigError`. */
export function readGenesisJson(path: string): unknown {
  let text: string;
  try {
    if (statSync(path).size > MAX_GENESIS_BYTES) {
      throw new ConfigError('invalid', path, `${path} is larger than ${MAX_GENESIS_BYTES} bytes.`);
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError('file-missing', path, `Can not read the genesis file ${path}.`, {
      cause: error,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError('invalid', path, `${path} is not JSON: ${reason}.`, { cause: error });
  }
}

function fundedAccounts(
  cluster: LoadedCluster,
  alloc: Readonly<Record<string, unknown>>,
): Record<string, { balance: string }> {
  const present = new Set(Object.keys(alloc).map((key) => key.toLowerCase().replace(/^0x/, '')));
  const funded: Record<string, { balance: string }> = {};
  cluster.file.nodes.forEach(({ account, balance }, position) => {
    if (account === undefined || balance === undefined) {
      return;
    }
    const key = account.toLowerCase();
    if (present.has(key.slice(2)) || key in funded) {
      throw new ConfigError(
        'invalid',
        `${cluster.path}: nodes[${position}].account`,
        `${cluster.path}: nodes[${position}].account is funded already, by the genesis file or another node. Fund it in one place.`,
      );
    }
    funded[key] = { balance: `0x${BigInt(balance).toString(16)}` };
  });
  return funded;
}

function requireValidatorsListed(cluster: LoadedCluster, validators: readonly string[]): void {
  const listed = new Set(cluster.file.nodes.map(({ publicKey }) => publicKey));
  const missing = validators.find((key) => !listed.has(key));
  if (missing !== undefined) {
    throw new ConfigError(
      'invalid',
      `${cluster.path}: nodes`,
      `${cluster.path}: the genesis file names the validator ${missing}, which is no node of the cluster. Add it with its host and ports.`,
    );
  }
}
