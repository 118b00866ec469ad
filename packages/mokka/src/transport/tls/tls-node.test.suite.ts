/** Nodes on real sockets of this machine, for the transport's tests. */
import { clusterIdOf } from '../../identity/cluster-id.ts';
import { NodeKey } from '../../identity/node-key.ts';
import { createRecorder, type TestNode } from '../conformance.test.suite.ts';
import type { TlsTransportLimits } from './limits.ts';
import { TlsTransport } from './tls-transport.ts';

export const TEST_CLUSTER = clusterIdOf(new TextEncoder().encode('transport tests'));

export interface TlsNode extends TestNode {
  readonly transport: TlsTransport;
  readonly key: NodeKey;
}

export interface TlsNodeOptions {
  readonly key?: NodeKey;
  readonly port?: number;
  readonly limits?: Partial<TlsTransportLimits>;
  readonly clusterId?: typeof TEST_CLUSTER;
}

export async function createTlsNode(options: TlsNodeOptions = {}): Promise<TlsNode> {
  const key = options.key ?? NodeKey.generate();
  const host = '127.0.0.1';
  const transport = new TlsTransport({
    key,
    clusterId: options.clusterId ?? TEST_CLUSTER,
    host,
    port: options.port ?? 0,
    limits: { reconnectMinMs: 5, reconnectMaxMs: 50, ...options.limits },
  });
  const recorder = createRecorder();
  await transport.listen(recorder.handlers);
  const { port } = transport;
  if (port === undefined) throw new Error('not listening');
  return {
    key,
    address: { id: key.id, host, port },
    transport,
    received: recorder.received,
    events: recorder.events,
    isConnected: (peer) => recorder.isConnected(peer.address.id),
  };
}

export async function createTlsNodes(count: number): Promise<TlsNode[]> {
  return Promise.all(Array.from({ length: count }, () => createTlsNode()));
}
