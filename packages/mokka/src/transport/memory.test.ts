import { describe, expect, it } from 'vitest';
import { NodeKey } from '../identity/node-key.ts';
import {
  connectAll,
  createRecorder,
  describeTransport,
  type TestNode,
  until,
} from './conformance.test.suite.ts';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory.ts';

describe('MemoryNetwork', () => {
  describeTransport((count) => createNodes(new MemoryNetwork(), count));

  it('cuts and restores links, and loses what was on the way', async () => {
    const network = new MemoryNetwork();
    const [a, b] = await connectAll(await createNodes(network, 2));
    a.transport.write(b.address.id, 'consensus', new Uint8Array([1]));
    network.disconnect(a.address.id, b.address.id);
    await until(() => !a.isConnected(b) && !b.isConnected(a), 'the link is cut');
    network.connect(a.address.id, b.address.id);
    await until(() => a.isConnected(b) && b.isConnected(a), 'the link is back');
    expect(b.received).toEqual([]);
    a.transport.write(b.address.id, 'consensus', new Uint8Array([2]));
    await until(() => b.received.length === 1, 'the frame arrived');
  });

  it('drops what the test says', async () => {
    const options: MemoryNetworkOptions = { drop: ({ channel }) => channel === 'application' };
    const [a, b] = await connectAll(await createNodes(new MemoryNetwork(options), 2));
    a.transport.write(b.address.id, 'application', new Uint8Array([1]));
    a.transport.write(b.address.id, 'consensus', new Uint8Array([2]));
    await until(() => b.received.length > 0, 'the frame arrived');
    expect(b.received.map(({ channel }) => channel)).toEqual(['consensus']);
  });
});

async function createNodes(network: MemoryNetwork, count: number): Promise<TestNode[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { id } = NodeKey.generate();
      const recorder = createRecorder();
      const transport = network.createTransport(id);
      await transport.listen(recorder.handlers);
      return {
        address: { id, host: 'memory', port: 1 },
        transport,
        received: recorder.received,
        events: recorder.events,
        isConnected: (peer: TestNode) => recorder.isConnected(peer.address.id),
      };
    }),
  );
}
