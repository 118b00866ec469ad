import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NodeKey } from '../../identity/node-key.ts';
import { connectAll, describeTransport, until } from '../conformance.test.suite.ts';
import { createTlsNode, createTlsNodes, TEST_CLUSTER } from './tls-node.test.suite.ts';
import { TlsTransport } from './tls-transport.ts';

const CHILD = fileURLToPath(new URL('./tls-transport.test.child.ts', import.meta.url));

describe('TlsTransport', () => {
  describeTransport(createTlsNodes);

  it('refuses a taken address and limits that could stop a link', async () => {
    const node = await createTlsNode();
    const options = { key: NodeKey.generate(), clusterId: TEST_CLUSTER, host: '127.0.0.1' };
    const second = new TlsTransport({ ...options, port: node.address.port });
    const handlers = { onFrame: fail, onConnected: fail, onDisconnected: fail };
    await expect(second.listen(handlers)).rejects.toMatchObject({ code: 'address-in-use' });
    await second.close();
    await expect(second.listen(handlers)).rejects.toMatchObject({ code: 'closed' });
    expect(
      () => new TlsTransport({ ...options, port: 0, limits: { applicationWindowBytes: 1000 } }),
    ).toThrow(expect.objectContaining({ code: 'invalid-limits' }));
    await node.transport.close();
  });

  it('settles on one link when both sides dial at once', async () => {
    for (let round = 0; round < 15; round += 1) {
      const limits = { reconnectMinMs: 1 };
      const nodes = [await createTlsNode({ limits }), await createTlsNode({ limits })];
      const [a, b] = await connectAll(nodes);
      expect(a.transport.write(b.address.id, 'consensus', Buffer.from('from a'))).toBe(true);
      await until(() => b.received.length === 1, 'arrived');
      expect(b.transport.write(a.address.id, 'consensus', Buffer.from('from b'))).toBe(true);
      await until(() => a.received.length === 1, 'arrived');
      for (const node of nodes) {
        expect(node.events).toHaveLength(1);
        for (const [, peer] of node.transport.statistics().peers) expect(peer.reconnects).toBe(0);
      }
      await Promise.all(nodes.map((node) => node.transport.close()));
    }
  });

  it('links again with a peer that restarts, from whichever side', async () => {
    const keys = [NodeKey.generate(), NodeKey.generate()].sort((x, y) => (x.id < y.id ? -1 : 1));
    for (const [stays, restarts] of [keys, [...keys].reverse()]) {
      if (stays === undefined || restarts === undefined) throw new Error('two keys');
      const staying = await createTlsNode({ key: stays });
      let other = await createTlsNode({ key: restarts });
      staying.transport.setPeers([other.address]);
      for (let restart = 0; restart < 3; restart += 1) {
        other.transport.setPeers([staying.address]);
        await until(() => staying.isConnected(other) && other.isConnected(staying), 'linked');
        const { port } = other.address;
        await other.transport.close();
        other = await createTlsNode({ key: restarts, port });
      }
      const peer = staying.transport.statistics().peers.get(restarts.id);
      expect(peer?.reconnects).toBeGreaterThanOrEqual(2);
      await Promise.all([staying.transport.close(), other.transport.close()]);
    }
  });

  it('lets a consensus frame overtake application frames that wait', async () => {
    const [a, b] = await connectAll(await createTlsNodes(2));
    const body = new Uint8Array(500_000);
    for (let i = 0; i < 20; i += 1) {
      expect(a.transport.write(b.address.id, 'application', body)).toBe(true);
    }
    expect(a.transport.write(b.address.id, 'consensus', Buffer.from('vote'))).toBe(true);
    await until(() => b.received.length === 21, 'all arrived');
    // At most the frame that was being written goes first.
    expect(b.received.findIndex(({ channel }) => channel === 'consensus')).toBeLessThanOrEqual(1);
    await Promise.all([a.transport.close(), b.transport.close()]);
  });

  it('counts what it carries and measures the round trip', async () => {
    const limits = { pingIntervalMs: 20 };
    const nodes = [await createTlsNode({ limits }), await createTlsNode({ limits })];
    const [a, b] = await connectAll(nodes);
    a.transport.write(b.address.id, 'consensus', new Uint8Array(10));
    a.transport.write(b.address.id, 'consensus', new Uint8Array(20));
    a.transport.write(b.address.id, 'application', new Uint8Array(2_000_000));
    await until(() => b.received.length === 2, 'arrived');
    const [first, second] = nodes.map((node, i) =>
      node.transport.statistics().peers.get(nodes[1 - i]?.address.id ?? a.address.id),
    );
    expect(first?.consensus).toMatchObject({ framesSent: 2, bytesSent: 30, framesDropped: 0 });
    expect(first?.application).toMatchObject({ framesSent: 0, framesDropped: 1 });
    expect(second?.consensus).toMatchObject({ framesReceived: 2, bytesReceived: 30 });
    expect(second?.connected).toBe(true);
    expect(Math.abs(Date.now() - (second?.connectedSince ?? 0))).toBeLessThan(30_000);
    const measured = (): boolean =>
      [...(nodes[0]?.transport.statistics().peers.values() ?? [])].every(
        ({ roundTripMs }) => roundTripMs !== null && roundTripMs >= 0 && roundTripMs < 5000,
      );
    await until(measured, 'measured');
    await Promise.all(nodes.map((node) => node.transport.close()));
  });

  it('moves far more application data than its window', async () => {
    const [a, b] = await connectAll(await createTlsNodes(2));
    for (let i = 0; i < 200; i += 1) {
      expect(a.transport.write(b.address.id, 'application', new Uint8Array(70_000))).toBe(true);
    }
    await until(() => b.received.length === 200, 'all arrived');
    await Promise.all([a.transport.close(), b.transport.close()]);
  });

  it('leaves nothing open after close, so that the process ends by itself', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', CHILD], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });
});

function fail(): never {
  throw new Error('must not be called');
}
