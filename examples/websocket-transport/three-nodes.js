/** Three nodes in one process that talk over WebSockets only: `node three-nodes.js [ports]`. */
import {
  clusterIdOf,
  createStore,
  Ed25519Scheme,
  MemoryStorage,
  Mokka,
  NodeKey,
  SignedTransport,
  storeIdentityOf,
} from 'mokka';
import { WebSocketPipe } from './websocket-pipe.js';

const ports = [9201, 9202, 9203].map((port, at) => Number(process.argv[2 + at] ?? port));
const keys = [1, 2, 3].map(() => NodeKey.generate());
const validators = keys.map(({ id }, at) => ({ id, host: '127.0.0.1', port: ports[at] ?? 0 }));
const clusterId = clusterIdOf(new TextEncoder().encode(validators.map(({ id }) => id).join()));

/** @type {Map<string, import('mokka').JsonValue>[]} */
const states = [];
/** @type {Mokka[]} */
const nodes = [];
for (const [at, key] of keys.entries()) {
  /** @type {Map<string, import('mokka').JsonValue>} */
  const state = new Map();
  states.push(state);
  /** @type {import('mokka').MokkaOptions} */
  const options = {
    identity: { id: key.id, signatures: new Ed25519Scheme(key) },
    clusterId,
    crashModel: 'CFT',
    validators,
    transport: new SignedTransport({ key, clusterId, pipe: new WebSocketPipe(ports[at] ?? 0) }),
    storage: new MemoryStorage(),
    apply: (name, value) => void state.set(name, value),
  };
  await createStore(options.storage, storeIdentityOf(options));
  const node = new Mokka(options);
  await node.start();
  nodes.push(node);
}

for (const [at, node] of nodes.entries()) {
  const { index } = await node.push(`from node ${at + 1}`, at + 1);
  console.log(`node ${at + 1}: committed at entry ${index}`);
}
await Promise.all(nodes.map((node) => node.push('last', true)));
for (const [at, state] of states.entries()) {
  console.log(`node ${at + 1}: ${JSON.stringify([...state.keys()].sort())}`);
}
await Promise.all(nodes.map((node) => node.stop()));
