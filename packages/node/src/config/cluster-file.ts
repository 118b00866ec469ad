/**
 * The cluster file: one JSON file, the same on every machine, that names the nodes and the genesis they share.
 *
 * It holds nothing secret. Nodes are numbered from 1 in the order of the file, which is also the validators' order,
 * so that order is part of the cluster's identity.
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

/** Most validators a cluster file may name; more would make every certificate needlessly long. */
export const MAX_NODES = 100;
/** Bytes of a cluster file beyond which it is refused. */
const MAX_FILE_BYTES = 1024 * 1024;

const port = z
  .int('must be a whole number')
  .min(1, 'must be a port from 1 to 65535')
  .max(65_535, 'must be a port from 1 to 65535');
const host = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9.:_-]+$/, 'must be a host name or an IP address');

const nodeSchema = z.strictObject({
  /** Ed25519 public key. */
  publicKey: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be an Ed25519 public key: 64 lower-case hexadecimal digits'),
  /** Where other nodes reach this one. */
  host: host.default('127.0.0.1'),
  /** Port for the other nodes (mutual TLS). */
  port,
  /** Where clients reach this node; loopback unless the operator opens it. */
  rpcHost: host.default('127.0.0.1'),
  /** Port for JSON-RPC over HTTP and WebSocket. */
  rpcPort: port,
  /** Whether this node came after genesis: then it is no validator of the genesis block, whatever it has become since. */
  joined: z.literal(true).optional(),
  /** An account that the genesis block funds on behalf of this node. */
  account: z
    .string()
    .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address: 0x and 40 hexadecimal digits')
    .optional(),
  /** Balance of `account` in the genesis block, wei. */
  balance: z
    .string()
    .regex(/^[0-9]{1,78}$/, 'must be a whole number of wei, as a decimal string')
    .optional(),
});

const clusterSchema = z.strictObject({
  /** Path of the genesis file, relative to this file. */
  genesis: z.string().min(1).max(4096),
  /** Folder of the nodes' data, relative to this file; node n uses `<data>/<n>`. */
  data: z.string().min(1).max(4096).default('data'),
  /** Folder of secret keys, relative to this file; node n uses `<keys>/<n>.key`. */
  keys: z.string().min(1).max(4096).default('keys'),
  nodes: z.array(nodeSchema).min(1, 'must name at least one node').max(MAX_NODES),
});

/** The file's content as written, with defaults filled in. */
export type ClusterFile = z.infer<typeof clusterSchema>;
export type ClusterNode = ClusterFile['nodes'][number];

/** A cluster file and where it stands. Paths are absolute or relative to the working directory as given. */
export interface LoadedCluster {
  readonly path: string;
  readonly file: ClusterFile;
  readonly genesisPath: string;
  /** Path of the secret key of node `number`, counted from 1. */
  keyPath(number: number): string;
  /** Folder of the data of node `number`, counted from 1. */
  dataPath(number: number): string;
}

/** Reads and checks a cluster file. Throws `ConfigError`. */
export function loadCluster(path: string): LoadedCluster {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(
      'file-missing',
      path,
      `Can not read the cluster file ${path}. Make one with "praline init", or name it with --cluster.`,
      { cause: error },
    );
  }
  const file = parseClusterFile(text, path);
  const base = dirname(path);
  const resolve = (inner: string): string => (isAbsolute(inner) ? inner : join(base, inner));
  return {
    path,
    file,
    genesisPath: resolve(file.genesis),
    keyPath: (number) => join(resolve(file.keys), `${number}.key`),
    dataPath: (number) => join(resolve(file.data), String(number)),
  };
}

/** Parses a cluster file's text; `path` is for messages. Throws `ConfigError`. */
export function parseClusterFile(text: string, path: string): ClusterFile {
  if (text.length > MAX_FILE_BYTES) {
    throw new ConfigError('invalid', path, `${path} is larger than ${MAX_FILE_BYTES} bytes.`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigError('invalid', path, `${path} is not JSON: ${reason}.`, { cause: error });
  }
  const parsed = clusterSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue === undefined ? '' : fieldName(issue.path);
    throw new ConfigError(
      'invalid',
      field === '' ? path : `${path}: ${field}`,
      `${path}: ${field === '' ? '' : `${field}: `}${issue?.message ?? 'is not a cluster file'}.`,
    );
  }
  checkNodes(parsed.data.nodes, path);
  return parsed.data;
}

/** The text that `parseClusterFile` reads back. */
export function formatClusterFile(file: ClusterFile): string {
  return `${JSON.stringify(file, null, 2)}\n`;
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part, position) =>
      typeof part === 'number' ? `[${part}]` : `${position === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');
}

function checkNodes(nodes: readonly ClusterNode[], path: string): void {
  const keys = new Map<string, number>();
  const ports = new Map<string, string>();
  nodes.forEach((node, position) => {
    const earlier = keys.get(node.publicKey);
    if (earlier !== undefined) {
      throw new ConfigError(
        'duplicate-key',
        `${path}: nodes[${position}].publicKey`,
        `${path}: nodes ${earlier + 1} and ${position + 1} have the same publicKey. Give each node a key of its own ("praline keygen").`,
      );
    }
    keys.set(node.publicKey, position);
    for (const [field, address] of [
      ['port', `${node.host}:${node.port}`],
      ['rpcPort', `${node.rpcHost}:${node.rpcPort}`],
    ] as const) {
      const owner = ports.get(address);
      const name = `nodes[${position}].${field}`;
      if (owner !== undefined) {
        throw new ConfigError(
          'duplicate-port',
          `${path}: ${name}`,
          `${path}: ${name} and ${owner} are both ${address}. Give each its own port.`,
        );
      }
      ports.set(address, name);
    }
    if (node.balance !== undefined && node.joined === true) {
      throw new ConfigError(
        'invalid',
        `${path}: nodes[${position}].balance`,
        `${path}: nodes[${position}] joined after genesis, so the genesis block can not fund its account. Remove nodes[${position}].balance.`,
      );
    }
    if (node.balance !== undefined && node.account === undefined) {
      throw new ConfigError(
        'invalid',
        `${path}: nodes[${position}].balance`,
        `${path}: nodes[${position}].balance needs an account to fund. Add nodes[${position}].account.`,
      );
    }
  });
}
