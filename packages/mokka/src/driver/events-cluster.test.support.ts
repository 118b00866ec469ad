/** Clusters as a user of the library makes them, over memory or over TLS and LMDB, with every event of every node kept. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  clusterIdOf,
  createStore,
  Ed25519Scheme,
  LmdbStorage,
  MemoryNetwork,
  MemoryStorage,
  MemoryTables,
  Mokka,
  type MokkaEvents,
  NodeKey,
  type PeerAddress,
  type Storage,
  storeIdentityOf,
  TlsTransport,
  type Transport,
} from '../index.ts';

export const EVENT_CLUSTER = clusterIdOf(new TextEncoder().encode('events'));
const HOST = '127.0.0.1';

const EVENT_NAMES = [
  'state',
  'join',
  'leave',
  'heartbeat_timeout',
  'log',
  'log_ack',
  'error',
] as const;
type Seen = { [Name in (typeof EVENT_NAMES)[number]]: MokkaEvents[Name][] };

export interface ObservedNode {
  readonly address: PeerAddress;
  readonly mokka: Mokka;
  readonly seen: Seen;
  /** Also closes the storage. */
  stop(): Promise<void>;
}

export interface ObservedCluster {
  readonly nodes: readonly ObservedNode[];
  /** Starts a stopped node again on what it had stored. */
  restart(number: number): Promise<ObservedNode>;
  dispose(): Promise<void>;
}

/** What differs between the kinds of clusters, for one node. */
interface NodeParts {
  readonly key: NodeKey;
  readonly address: PeerAddress;
  transport(): Transport;
  storage(isNew: boolean): Promise<Storage>;
  dispose(): Promise<void>;
}

export async function memoryCluster(count: number): Promise<ObservedCluster> {
  const network = new MemoryNetwork();
  return startCluster(
    Array.from({ length: count }, (_, at) => {
      const key = NodeKey.generate();
      const tables = new MemoryTables();
      return {
        key,
        address: { id: key.id, host: 'memory', port: at + 1 },
        transport: () => network.createTransport(key.id),
        storage: async () => new MemoryStorage(tables),
        dispose: async () => undefined,
      };
    }),
  );
}

export async function tlsCluster(count: number): Promise<ObservedCluster> {
  const parts: NodeParts[] = [];
  for (let at = 0; at < count; at += 1) {
    const key = NodeKey.generate();
    const folder = await mkdtemp(join(tmpdir(), 'mokka-events-'));
    const port = await freePort();
    parts.push({
      key,
      address: { id: key.id, host: HOST, port },
      transport: () => new TlsTransport({ key, clusterId: EVENT_CLUSTER, host: HOST, port }),
      storage: (isNew) => (isNew ? LmdbStorage.create(folder) : LmdbStorage.open(folder)),
      dispose: () => rm(folder, { recursive: true, force: true }),
    });
  }
  return startCluster(parts);
}

async function startCluster(parts: readonly NodeParts[]): Promise<ObservedCluster> {
  const validators = parts.map(({ address }) => address);
  const nodes: ObservedNode[] = [];
  for (const part of parts) nodes.push(await startNode(part, validators, true));
  return {
    nodes,
    restart: async (number) => {
      const part = parts[number];
      if (part === undefined) throw new Error(`no node ${number}`);
      const node = await startNode(part, validators, false);
      nodes[number] = node;
      return node;
    },
    dispose: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all(parts.map((part) => part.dispose()));
    },
  };
}

async function startNode(
  part: NodeParts,
  validators: readonly PeerAddress[],
  isNew: boolean,
): Promise<ObservedNode> {
  const storage = await part.storage(isNew);
  const options = {
    identity: { id: part.key.id, signatures: new Ed25519Scheme(part.key) },
    clusterId: EVENT_CLUSTER,
    crashModel: 'CFT',
    validators,
    transport: part.transport(),
    storage,
  } as const;
  if (isNew) await createStore(storage, storeIdentityOf(options));
  const mokka = new Mokka(options);
  const seen: Seen = {
    ...{ state: [], join: [], leave: [], heartbeat_timeout: [] },
    ...{ log: [], log_ack: [], error: [] },
  };
  for (const name of EVENT_NAMES) mokka.on(name, (event) => seen[name].push(event as never));
  await mokka.start();
  const stop = async (): Promise<void> => {
    await mokka.stop();
    await storage.close();
  };
  return { address: part.address, mokka, seen, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
