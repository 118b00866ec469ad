/**
 * A node in a process of its own under thousands of connections: what it holds afterwards is what it held before, and an honest peer
 * goes on meanwhile. `FLOOD=2000` opens that many connections of each kind.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { NodeKey } from '../../identity/node-key.ts';
import { until } from '../conformance.test.suite.ts';
import type { PeerAddress } from '../transport.ts';
import {
  flood,
  garbage,
  halfOpen,
  keyHolder,
  replayed,
  silent,
  slow,
} from './flood.test.support.ts';
import type { Held } from './hostile-flood.test.child.ts';
import { DEFAULT_TLS_TRANSPORT_LIMITS } from './limits.ts';
import { createTlsNode, type TlsNode } from './tls-node.test.suite.ts';

const CHILD = fileURLToPath(new URL('./hostile-flood.test.child.ts', import.meta.url));
/** Connections of each kind. */
const FLOOD = Number(process.env['FLOOD'] ?? 300);
/** Of the broken member, one after the other, all held. */
const MEMBER_DIALS = 100;
const LIMITS = { handshakeTimeoutMs: 2_000, unauthenticatedMax: 64 };
const DESCRIPTORS_LEFT = 4;
const HEAP_LEFT_BYTES = 4 * 1024 * 1024;
/** Nobody listens there. */
const DEAD_PORT = 1;

async function startChild(peers: readonly PeerAddress[], limits: object = LIMITS) {
  const args = [JSON.stringify(limits), ...peers.map((peer) => JSON.stringify(peer))];
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', CHILD, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [address] = (await once(child, 'message')) as [PeerAddress];
  return { child, address };
}

async function heldBy(child: ChildProcess, question = 'without garbage'): Promise<Held> {
  const answer = once(child, 'message') as Promise<[Held]>;
  child.send(question);
  return (await answer)[0];
}

/** What an honest peer sent when it linked with the node: a whole handshake, and its first frames. */
async function recordedHandshake(honest: TlsNode, address: PeerAddress): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const proxy = createServer((inbound) => {
    const outbound = connectTcp(address.port, address.host);
    inbound.on('data', (chunk: Buffer) => chunks.push(chunk));
    for (const [from, to] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      from.on('error', () => to.destroy());
      from.pipe(to);
    }
  });
  proxy.listen(0, address.host);
  await once(proxy, 'listening');
  const { port } = proxy.address() as { port: number };
  honest.transport.setPeers([{ ...address, port }]);
  await until(() => honest.events.some((event) => event.startsWith('up')), 'linked');
  proxy.close();
  return Buffer.concat(chunks);
}

describe('a node under thousands of connections', () => {
  it('holds afterwards what it held before, and serves its peer meanwhile', async () => {
    const honest = await createTlsNode();
    const broken = NodeKey.generate();
    const { child, address } = await startChild([
      // The honest peer dials, so that what it says can be recorded.
      { ...honest.address, port: DEAD_PORT },
      { id: broken.id, host: '127.0.0.1', port: DEAD_PORT },
    ]);
    let isFlooding = true;
    try {
      const recording = await recordedHandshake(honest, address);
      expect(recording.length).toBeGreaterThan(500);
      // Whatever is loaded at first use is loaded now.
      const kinds = [silent, halfOpen, garbage, slow, replayed(recording)];
      const strangers = [...kinds, await keyHolder(NodeKey.generate())];
      const member = await keyHolder(broken);
      for (const kind of [...strangers, member]) await flood(kind, address.port, 20).ended;
      const before = await heldBy(child);
      const floods = [
        ...strangers.map((kind) => flood(kind, address.port, FLOOD)),
        flood(member, address.port, FLOOD),
      ];
      let sent = 0;
      const sending = (async () => {
        while (isFlooding) {
          const isSent = honest.transport.write(address.id, 'consensus', Buffer.from('frame'));
          if (isSent) sent += 1;
          await heldBy(child, 'at once');
        }
      })();
      await Promise.all(floods.map(({ ended }) => ended));
      isFlooding = false;
      await sending;
      let after = await heldBy(child);
      await expect
        .poll(
          async () => {
            after = await heldBy(child);
            return after.unauthenticated + Math.max(0, after.descriptors - before.descriptors);
          },
          { timeout: 20_000 },
        )
        .toBeLessThanOrEqual(DESCRIPTORS_LEFT);
      expect(after.heapBytes - before.heapBytes).toBeLessThan(HEAP_LEFT_BYTES);
      expect(after.refused - before.refused).toBeGreaterThanOrEqual(strangers.length * FLOOD);
      // The one link of the beginning, over which all came that was sent.
      expect(honest.events).toHaveLength(1);
      expect(sent).toBeGreaterThan(0);
      await expect.poll(async () => (await heldBy(child)).received).toBe(sent);
    } finally {
      isFlooding = false;
      child.disconnect();
      await once(child, 'exit');
      await honest.transport.close();
    }
  }, 120_000);

  it('lets a member hold few connections that it has not opened', async () => {
    const broken = NodeKey.generate();
    const { child, address } = await startChild(
      [{ id: broken.id, host: '127.0.0.1', port: DEAD_PORT }],
      { handshakeTimeoutMs: 60_000 },
    );
    const sockets: Socket[] = [];
    try {
      const dial = await keyHolder(broken);
      const before = await heldBy(child);
      for (let dialled = 0; dialled < MEMBER_DIALS; dialled += 1) {
        const socket = dial(address.port);
        sockets.push(socket);
        await once(socket, 'secureConnect');
        socket.on('error', () => undefined);
        socket.resume();
      }
      await expect
        .poll(async () => (await heldBy(child)).descriptors - before.descriptors)
        .toBeLessThanOrEqual(DEFAULT_TLS_TRANSPORT_LIMITS.unopenedPerPeerMax);
    } finally {
      for (const socket of sockets) socket.destroy();
      child.disconnect();
      await once(child, 'exit');
    }
  }, 60_000);
});
