/** A replicated key-value store: `node server.js 1`, `node server.js 2` and `node server.js 3`, in three terminals. */
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  clusterIdOf,
  createStore,
  Ed25519Scheme,
  isStoreCreated,
  LmdbStorage,
  Mokka,
  storeIdentityOf,
  TlsTransport,
} from 'mokka';
import { readCluster } from './cluster.js';

const number = Number(process.argv[2]);
const { key, members, genesis, folder, host, port, httpPort } = readCluster(
  number,
  process.argv[3] ?? 'data',
);

/** The replicated state. Mokka builds it again from its log at every start. */
const values = new Map();

const clusterId = clusterIdOf(genesis);
const storageFolder = join(folder, 'log');
// A node whose log was lost must come back under a new key: an old one is opened, never made anew.
const storage = await LmdbStorage.open(storageFolder).catch((error) => {
  if (error.code === 'missing') return LmdbStorage.create(storageFolder);
  throw error;
});
/** @type {import('mokka').MokkaOptions} */
const options = {
  identity: { id: key.id, signatures: new Ed25519Scheme(key) },
  clusterId,
  crashModel: 'CFT',
  validators: members,
  transport: new TlsTransport({ key, clusterId, host, port }),
  storage,
  apply: (name, value) => {
    if (value === null) values.delete(name);
    else values.set(name, value);
  },
};
if (!(await isStoreCreated(storage))) await createStore(storage, storeIdentityOf(options));
const mokka = new Mokka(options);
mokka.on('state', ({ role, term }) => console.log(`node ${number}: ${role} in term ${term}`));
mokka.on('error', ({ message }) => console.error(message));
await mokka.start();

/** `curl -X PUT -d '"red"' localhost:8101/colour`, then `curl localhost:8102/colour`. */
const server = createServer(async (request, response) => {
  const [path = '/', query] = (request.url ?? '/').split('?');
  const name = decodeURIComponent(path.slice(1));
  try {
    if (query === 'latest') await mokka.readIndex();
    let answer = values.get(name) ?? null;
    if (request.method === 'PUT') answer = await mokka.push(name, JSON.parse(await text(request)));
    if (request.method === 'DELETE') answer = await mokka.push(name, null);
    response.end(`${JSON.stringify(answer)}\n`);
  } catch (error) {
    response.writeHead(400).end(`${error instanceof Error ? error.message : error}\n`);
  }
});
server.listen(httpPort, host, () => console.log(`node ${number}: ready`));

const stop = async () => {
  server.close();
  await mokka.stop();
  await storage.close();
  process.exit();
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
