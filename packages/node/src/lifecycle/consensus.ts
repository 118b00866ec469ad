/** Mokka as one node uses it: over TLS, with its log in LMDB, and the chain thread as its application. */
import {
  type Application,
  Ed25519Scheme,
  LmdbStorage,
  Mokka,
  type NodeId,
  type PeerAddress,
  parseNodeId,
  TlsTransport,
  TransportError,
} from 'mokka';
import { storeIdentity } from '../config/cluster-identity.ts';
import { ConfigError } from '../config/config-error.ts';
import { folderError, nodeFolder } from '../config/node-folder.ts';
import { portError } from '../config/ports.ts';
import type { NodeOptions } from './node-options.ts';

/** The validators in their agreed order, with where to reach them. */
function validatorsOf({ genesis, members }: NodeOptions): PeerAddress[] {
  return genesis.praline.validators.map((publicKey) => {
    const member = members.find((candidate) => candidate.publicKey === publicKey);
    if (member === undefined) {
      throw new Error(`The validator ${publicKey} is no member`);
    }
    return { id: parseNodeId(publicKey), host: member.host, port: member.port };
  });
}

/**
 * Nodes of the cluster file that genesis does not name. A node that comes late, or was away for long, reaches the present
 * members through them.
 */
function contactsOf({ genesis, members, key }: NodeOptions): PeerAddress[] {
  const known = new Set<string>([...genesis.praline.validators, key.id]);
  return members
    .filter(({ publicKey }) => !known.has(publicKey))
    .map(({ publicKey, host, port }) => ({ id: parseNodeId(publicKey), host, port }));
}

/** Number of a node in the cluster file; null for a stranger. */
export function numberOf({ members }: NodeOptions, id: NodeId | null): number | null {
  const position = members.findIndex(({ publicKey }) => publicKey === id);
  return position === -1 ? null : position + 1;
}

/** A node of the log, and the storage that is to be closed after it stopped. */
export interface Consensus {
  readonly mokka: Mokka;
  readonly storage: LmdbStorage;
}

/** Opens the log and makes the node; it does not run yet. Throws `ConfigError` when the storage can not be used. */
export async function createConsensus(
  options: NodeOptions,
  application: Application,
): Promise<Consensus> {
  const { key, genesis, logger, members, number, timing } = options;
  const { retention, snapshotDistance } = options;
  const member = members[number - 1];
  if (member === undefined) {
    throw new Error(`There is no node ${number}`);
  }
  const identity = storeIdentity(genesis, key.id);
  const transport = new TlsTransport({
    key,
    clusterId: identity.clusterId,
    host: member.host,
    port: member.port,
  });
  const folder = nodeFolder(options.dataPath);
  const storage = await LmdbStorage.open(folder.consensus).catch((error: unknown) => {
    throw folderError(options.dataPath, error);
  });
  const mokka = new Mokka({
    identity: { id: key.id, signatures: new Ed25519Scheme(key) },
    clusterId: identity.clusterId,
    crashModel: identity.crashModel,
    validators: validatorsOf(options),
    contacts: contactsOf(options),
    transport,
    storage,
    application,
    logger,
    ...(timing === undefined ? {} : { timing }),
    ...(retention === undefined ? {} : { retention }),
    ...(snapshotDistance === undefined ? {} : { limits: { snapshotDistance } }),
  });
  return { mokka, storage };
}

/** Errors of threads have lost their class, but not Node's fields. */
function isListenError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}

/** What starting the node threw, as a `ConfigError` where the operator must act. */
export function consensusError(options: NodeOptions, error: unknown): unknown {
  if (error instanceof TransportError && error.code === 'address-in-use') {
    const { port = 0, host = '' } = options.members[options.number - 1] ?? {};
    return new ConfigError(
      'port-taken',
      `${host}:${port}`,
      `Port ${port} on ${host} (peer port of node ${options.number}) is taken. Stop what listens there, or choose another port.`,
      { cause: error },
    );
  }
  // From another thread, so known by its name alone.
  if (error instanceof Error && error.name === 'IpcError') {
    const path = 'path' in error ? String(error.path) : '';
    return new ConfigError('ipc-unusable', path, error.message, { cause: error });
  }
  if (isListenError(error)) {
    const { rpcPort = 0, rpcHost = '' } = options.members[options.number - 1] ?? {};
    return portError(
      { host: rpcHost, port: rpcPort, purpose: `RPC port of node ${options.number}` },
      error,
    );
  }
  return folderError(options.dataPath, error);
}
