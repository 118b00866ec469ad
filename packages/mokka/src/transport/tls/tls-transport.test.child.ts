/**
 * A process of its own for the transport tests: links two nodes, leaves a third dialling and a stranger in the middle of
 * its handshake, closes everything, and must then end by itself.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { clusterIdOf } from '../../identity/cluster-id.ts';
import { NodeKey } from '../../identity/node-key.ts';
import { TlsTransport } from './tls-transport.ts';

const clusterId = clusterIdOf(new Uint8Array());
const host = '127.0.0.1';
const nodes = [NodeKey.generate(), NodeKey.generate()].map((key) => ({
  key,
  transport: new TlsTransport({ key, clusterId, host, port: 0 }),
}));
const links = nodes.map(
  ({ transport }) =>
    new Promise<void>((resolve, reject) => {
      const onConnected = (): void => resolve();
      transport
        .listen({ onConnected, onFrame: () => undefined, onDisconnected: () => undefined })
        .catch(reject);
    }),
);
while (nodes.some(({ transport }) => transport.port === undefined)) {
  await new Promise((resolve) => setImmediate(resolve));
}
const peers = nodes.map(({ key, transport }) => ({ id: key.id, host, port: transport.port ?? 0 }));
const absent = { id: NodeKey.generate().id, host, port: 1 };
for (const { transport } of nodes) transport.setPeers([...peers, absent]);
await Promise.all(links);
const stranger = connect(peers[0]?.port ?? 0, host);
stranger.on('error', () => undefined);
await once(stranger, 'connect');
await Promise.all(nodes.map(({ transport }) => transport.close()));
// Far beyond what closing takes; unreferenced, so that it does not hold the process itself.
setTimeout(() => process.exit(1), 10_000).unref();
