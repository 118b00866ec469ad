/** What strangers and broken members do to a node, over real sockets. */
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { clusterIdOf } from '../../identity/cluster-id.ts';
import { NodeKey } from '../../identity/node-key.ts';
import { createTlsCredentials } from '../../identity/node-x509.ts';
import { until } from '../conformance.test.suite.ts';
import { encodeFrameHeader, FRAME_KIND } from './frame.ts';
import { createInstance, encodeHello } from './hello.ts';
import type { RefusalStatistics } from './statistics.ts';
import {
  createTlsNode,
  TEST_CLUSTER,
  type TlsNode,
  type TlsNodeOptions,
} from './tls-node.test.suite.ts';

/** Nobody listens there: a peer with this port never answers a dial. */
const DEAD_PORT = 1;

describe('TlsTransport against strangers', () => {
  it.each<[string, number, keyof RefusalStatistics]>([
    ['plain TCP that says nothing', 0, 'handshakeTimeout'],
    ['garbage bytes', 5000, 'failedHandshake'],
  ])('drops %s', (_, size, reason) =>
    withNode({ limits: { handshakeTimeoutMs: 200 } }, async (node) => {
      const socket = connectTcp(node.address.port, '127.0.0.1');
      const closed = closing(socket);
      socket.write(Buffer.alloc(size, 'garbage'));
      await closed;
      await until(() => node.transport.statistics().refused[reason] === 1, 'counted');
      expect(node.transport.statistics().unauthenticated).toBe(0);
    }),
  );

  it('drops a handshake that dribbles', () =>
    withNode({ limits: { handshakeTimeoutMs: 200 } }, async (node) => {
      const socket = connectTcp(node.address.port, '127.0.0.1');
      const closed = closing(socket);
      // The start of a TLS record that announces more than ever comes.
      const timer = setInterval(() => socket.write(Buffer.from([22])), 20);
      await closed;
      clearInterval(timer);
      await until(() => node.transport.statistics().unauthenticated === 0, 'forgotten');
    }));

  it('drops a key that is no member, its own key and no key, and reads nothing from them', () =>
    withNode({}, async (node) => {
      const member = NodeKey.generate();
      node.transport.setPeers([{ id: member.id, host: '127.0.0.1', port: DEAD_PORT }]);
      const attempts: [NodeKey | undefined, keyof RefusalStatistics][] = [
        [NodeKey.generate(), 'unknownKey'],
        [node.key, 'ownKey'],
        [undefined, 'noKey'],
      ];
      for (const [key, reason] of attempts) {
        const socket = await dial(node, key);
        const closed = closing(socket);
        socket.write(helloFrame());
        await closed;
        await until(() => node.transport.statistics().refused[reason] === 1, 'counted');
      }
      expect(node.received).toEqual([]);
      expect(node.events).toEqual([]);
    }));

  it.each<[string, ConnectionOptions]>([
    ['TLS 1.2', { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
    ['another protocol', { ALPNProtocols: ['h2'] }],
  ])('drops a member that speaks %s', (_, options) =>
    withMember({}, async (node, key) => {
      const socket = await dial(node, key, options).catch(() => undefined);
      if (socket !== undefined) await closing(socket);
      await until(() => node.transport.statistics().refused.failedHandshake === 1, 'counted');
    }),
  );

  it('drops a member that names no protocol', () =>
    withMember({}, async (node, key) => {
      const socket = await dial(node, key, { ALPNProtocols: undefined });
      await closing(socket);
      await until(() => node.transport.statistics().refused.noKey === 1, 'counted');
    }));

  it('holds a bounded number of unauthenticated connections and still lets members in', () =>
    withNode({ limits: { unauthenticatedMax: 3, handshakeTimeoutMs: 60_000 } }, async (node) => {
      const idle = Array.from({ length: 8 }, () => connectTcp(node.address.port, '127.0.0.1'));
      for (const socket of idle) socket.on('error', () => undefined);
      await until(
        () => node.transport.statistics().refused.tooMany === 5,
        'the oldest are dropped',
      );
      expect(node.transport.statistics().unauthenticated).toBe(3);
      const member = await createTlsNode();
      node.transport.setPeers([{ ...member.address, port: DEAD_PORT }]);
      member.transport.setPeers([node.address]);
      await until(() => node.isConnected(member), 'the member is connected');
      await member.transport.close();
      for (const socket of idle) socket.destroy();
    }));

  it('does not link with a node that shows another key than its address', () =>
    withNode({}, async (node) => {
      const impostor = await createTlsNode();
      const expected = NodeKey.generate();
      node.transport.setPeers([{ ...impostor.address, id: expected.id }]);
      impostor.transport.setPeers([node.address]);
      await until(() => node.transport.statistics().refused.wrongKey > 1, 'refused, dialled again');
      const peer = node.transport.statistics().peers.get(expected.id);
      expect(peer?.connected).toBe(false);
      expect(peer?.lastReason).toContain(impostor.key.id);
      expect([...node.events, ...impostor.events]).toEqual([]);
      await impostor.transport.close();
    }));
});

describe('TlsTransport against broken members', () => {
  it.each<[string, Buffer, string]>([
    ['an oversized frame', encodeFrameHeader(FRAME_KIND.application, 1024 * 1024 + 1), 'oversized'],
    ['an unknown frame', encodeFrameHeader(99, 0), 'unknown-kind'],
    ['a frame before the link is open', frame(FRAME_KIND.consensus, Buffer.from('x')), 'before'],
    ['a malformed hello', frame(FRAME_KIND.hello, Buffer.alloc(39)), 'hello'],
    [
      'a hello of another cluster',
      frame(
        FRAME_KIND.hello,
        encodeHello({ clusterId: clusterIdOf(Buffer.from('x')), instance: createInstance() }),
      ),
      'another cluster',
    ],
  ])('closes on %s and says why', (_, bytes, reason) =>
    withMember({}, async (node, key) => {
      const socket = await dial(node, key);
      const heard = collect(socket);
      socket.write(bytes);
      await closing(socket);
      expect(heard().toString('latin1')).toContain(reason);
      expect(node.transport.statistics().refused.badHello).toBe(1);
      expect(node.events).toEqual([]);
    }),
  );

  it.each<[string, Buffer, string]>([
    ['an oversized frame', encodeFrameHeader(FRAME_KIND.consensus, 0xffffffff), 'oversized-frame'],
    ['garbage', Buffer.alloc(400, 0xee), 'unknown-kind'],
    ['a second hello', helloFrame(), 'unexpected hello'],
    [
      'reports of bytes that were never sent',
      frame(FRAME_KIND.applicationReceived, Buffer.from([0, 0, 0, 9])),
      'more received than sent',
    ],
  ])('closes an open link on %s with a reason', (_, bytes, reason) =>
    withOpenMember(async (node, key, socket) => {
      socket.write(bytes);
      await closing(socket);
      await until(() => node.events.length === 2, 'disconnected');
      expect(node.events[1]).toContain(`down ${key.id}`);
      expect(node.events[1]).toContain(reason);
    }),
  );

  it('closes a link whose peer has gone silent', () =>
    withOpenMember(
      async (node, key, socket) => {
        await closing(socket);
        expect(node.events[1]).toBe(`down ${key.id} nothing arrived for 150 ms`);
      },
      { pingIntervalMs: 30, idleTimeoutMs: 150 },
    ));

  it('drops a member that knows its key but never says hello', () =>
    withMember({ limits: { handshakeTimeoutMs: 200 } }, async (node, key) => {
      const socket = await dial(node, key);
      await closing(socket);
      expect(node.events).toEqual([]);
    }));

  it('bounds what waits for a member that does not read, and tells the caller', () =>
    withOpenMember(
      async (node, key, socket) => {
        socket.pause();
        const frameBytes = 100_000;
        const consensus = writeUntilFull(node, key, 'consensus', frameBytes);
        const application = writeUntilFull(node, key, 'application', frameBytes);
        expect(consensus).toBeLessThan(100);
        // Application frames go no further than the window, whatever the operating system would buffer.
        expect(application * frameBytes).toBeLessThanOrEqual(500_000 + 256 * 1024 + frameBytes);
        const statistics = node.transport.statistics().peers.get(key.id);
        expect(statistics?.queuedBytes).toBeLessThanOrEqual(1_000_000);
        expect(statistics?.consensus.framesDropped).toBe(1);
        expect(statistics?.application.framesDropped).toBe(1);
      },
      { consensusQueueMaxBytes: 500_000, applicationQueueMaxBytes: 500_000 },
    ));
});

describe('TlsTransport on a network that forwards nothing', () => {
  it('notices a half-open link and opens another when the network is back', async () => {
    const limits = { pingIntervalMs: 30, idleTimeoutMs: 200, handshakeTimeoutMs: 300 };
    const [a, b] = [await createTlsNode({ limits }), await createTlsNode({ limits })];
    const [proxyA, proxyB] = [await createProxy(a.address.port), await createProxy(b.address.port)];
    const through = (node: TlsNode, port: number) => ({ ...node.address, port });
    a.transport.setPeers([through(b, proxyB.port)]);
    b.transport.setPeers([through(a, proxyA.port)]);
    const isLinked = (): boolean => a.isConnected(b) && b.isConnected(a);
    await until(isLinked, 'linked');
    for (const proxy of [proxyA, proxyB]) proxy.isForwarding = false;
    await until(() => !a.isConnected(b) && !b.isConnected(a), 'both noticed');
    for (const proxy of [proxyA, proxyB]) proxy.isForwarding = true;
    await until(isLinked, 'linked again');
    expect(a.transport.statistics().peers.get(b.address.id)?.reconnects).toBeGreaterThan(0);
    await Promise.all([a.transport.close(), b.transport.close()]);
    await Promise.all([proxyA.close(), proxyB.close()]);
  });

  it('still works when only one side can be reached', async () => {
    const [a, b] = [await createTlsNode(), await createTlsNode()];
    for (const [hidden, reachable] of [
      [a, b],
      [b, a],
    ] as const) {
      reachable.transport.setPeers([{ ...hidden.address, port: DEAD_PORT }]);
      hidden.transport.setPeers([reachable.address]);
      await until(() => a.isConnected(b) && b.isConnected(a), 'linked');
      a.transport.setPeers([]);
      b.transport.setPeers([]);
      await until(() => !a.isConnected(b) && !b.isConnected(a), 'apart');
    }
    await Promise.all([a.transport.close(), b.transport.close()]);
  });
});

function writeUntilFull(
  node: TlsNode,
  key: NodeKey,
  channel: 'consensus' | 'application',
  bytes: number,
): number {
  for (let count = 0; count < 10_000; count += 1) {
    if (!node.transport.write(key.id, channel, new Uint8Array(bytes))) return count;
  }
  throw new Error('never full');
}

async function withNode(
  options: TlsNodeOptions,
  body: (node: TlsNode) => Promise<void>,
): Promise<void> {
  const node = await createTlsNode(options);
  try {
    await body(node);
  } finally {
    await node.transport.close();
  }
}

/** A node that has a member whose key the test holds. */
async function withMember(
  options: TlsNodeOptions,
  body: (node: TlsNode, key: NodeKey) => Promise<void>,
): Promise<void> {
  await withNode(options, async (node) => {
    const key = NodeKey.generate();
    node.transport.setPeers([{ id: key.id, host: '127.0.0.1', port: DEAD_PORT }]);
    await body(node, key);
  });
}

/** As `withMember`, with an open link, of which the test holds the member's end. */
async function withOpenMember(
  body: (node: TlsNode, key: NodeKey, socket: TLSSocket) => Promise<void>,
  limits: TlsNodeOptions['limits'] = {},
): Promise<void> {
  // The node has the smaller id here, so that it opens the link.
  let key = NodeKey.generate();
  const nodeKey = NodeKey.generate();
  while (key.id < nodeKey.id) key = NodeKey.generate();
  await withNode({ key: nodeKey, limits }, async (node) => {
    node.transport.setPeers([{ id: key.id, host: '127.0.0.1', port: DEAD_PORT }]);
    const socket = await dial(node, key);
    socket.write(helloFrame());
    await until(() => node.events.length === 1, 'open');
    await body(node, key, socket);
    socket.destroy();
  });
}

/** Completes a TLS handshake with a node as `key` (or without a certificate), and leaves the rest to the test. */
async function dial(
  node: TlsNode,
  key: NodeKey | undefined,
  options: ConnectionOptions = {},
): Promise<TLSSocket> {
  const credentials = key === undefined ? undefined : await createTlsCredentials(key);
  const socket = connectTls({
    host: '127.0.0.1',
    port: node.address.port,
    rejectUnauthorized: false,
    ALPNProtocols: ['mokka/1'],
    ...(credentials && { cert: credentials.certificatePem, key: credentials.privateKeyPem }),
    ...options,
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  socket.on('error', () => undefined);
  return socket;
}

function helloFrame(): Buffer {
  const hello = { clusterId: TEST_CLUSTER, instance: createInstance() };
  return frame(FRAME_KIND.hello, encodeHello(hello));
}

function frame(kind: number, body: Uint8Array): Buffer {
  return Buffer.concat([encodeFrameHeader(kind, body.length), body]);
}

function collect(socket: Socket): () => Buffer {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}

/** Resolves when the other side has closed the socket. */
async function closing(socket: Socket): Promise<void> {
  socket.on('error', () => undefined);
  socket.resume();
  if (socket.closed) return;
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
}

/** Forwards TCP to a port of this machine, and swallows everything while told to. */
async function createProxy(
  target: number,
): Promise<{ readonly port: number; isForwarding: boolean; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const proxy = { port: 0, isForwarding: true, close };
  const server = createServer((inbound) => {
    const outbound = connectTcp(target, '127.0.0.1');
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (chunk: Buffer) => {
        if (proxy.isForwarding && !to.destroyed) to.write(chunk);
      });
      from.on('close', () => {
        sockets.delete(from);
        if (proxy.isForwarding) to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  proxy.port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
  return proxy;
}
