/**
 * One node of Mokka as a process of its own, for `mokka.ts`: LMDB with sync, TLS, a map as its state. It pushes load itself, as
 * a program with the library inside does, and answers over the channel to its parent.
 */
import {
  createStore,
  Ed25519Scheme,
  type JsonValue,
  LmdbStorage,
  Mokka,
  NodeKey,
  type PeerAddress,
  parseClusterId,
  storeIdentityOf,
  TlsTransport,
} from 'mokka';
import { type Load, type LoadResult, runLoad } from './load.ts';

export interface MokkaNodeOptions {
  readonly seed: string;
  readonly clusterId: string;
  readonly folder: string;
  readonly validators: readonly PeerAddress[];
}

export type MokkaNodeRequest =
  | { readonly type: 'role' }
  | { readonly type: 'load'; readonly load: Load }
  | { readonly type: 'stop' };

export type MokkaNodeAnswer =
  | { readonly type: 'ready' }
  | { readonly type: 'role'; readonly role: string }
  | { readonly type: 'load'; readonly result: LoadResult; readonly entries: number }
  | { readonly type: 'stopped' };

const options = JSON.parse(process.argv[2] ?? '{}') as MokkaNodeOptions;
const key = NodeKey.fromSeedHex(options.seed);
const clusterId = parseClusterId(options.clusterId);
const self = options.validators.find(({ id }) => id === key.id);
if (self === undefined) throw new Error('not a validator');
const state = new Map<string, JsonValue>();
const storage = await LmdbStorage.create(options.folder);
const mokkaOptions = {
  identity: { id: key.id, signatures: new Ed25519Scheme(key) },
  clusterId,
  crashModel: 'CFT',
  validators: options.validators,
  transport: new TlsTransport({ key, clusterId, host: self.host, port: self.port }),
  storage,
  apply: (name: string, value: JsonValue) => void state.set(name, value),
} as const;
await createStore(storage, storeIdentityOf(mokkaOptions));
const mokka = new Mokka(mokkaOptions);
await mokka.start();

const answer = (message: MokkaNodeAnswer): void => void process.send?.(message);

async function onRequest(request: MokkaNodeRequest): Promise<void> {
  if (request.type === 'role') {
    answer({ type: 'role', role: mokka.status().role });
  } else if (request.type === 'load') {
    const before = mokka.getInfo().committed.index;
    const result = await runLoad(request.load, (name, value) => mokka.push(name, value));
    answer({ type: 'load', result, entries: mokka.getInfo().committed.index - before });
  } else {
    await mokka.stop();
    await storage.close();
    answer({ type: 'stopped' });
    process.disconnect();
  }
}

process.on('message', (request) => void onRequest(request as MokkaNodeRequest));
answer({ type: 'ready' });
