/**
 * An honest pair goes on while strangers and a broken member do their worst at the same time, to both of them. `FLOOD=2000`
 * opens that many connections of each kind of stranger.
 */
import { describe, expect, it } from 'vitest';
import { NodeKey } from '../../identity/node-key.ts';
import { connectAll, until } from '../conformance.test.suite.ts';
import { flood, garbage, keyHolder, replayed, silent } from './flood.test.support.ts';
import { createTlsNode, type TlsNode } from './tls-node.test.suite.ts';

/** Connections of each kind of stranger. */
const FLOOD = Number(process.env['FLOOD'] ?? 150);
/** Milliseconds that a frame between honest nodes may take meanwhile, on a slow, busy machine. */
const MAX_DELAY = 5_000;
/** Bytes by which the memory of this process, which also holds the strangers' ends, may grow. */
const MAX_GROWTH = 400 * 1024 * 1024;
const ROUNDS = 20;
/** The start of a handshake. */
const HELLO = Buffer.concat([Buffer.of(22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3), Buffer.alloc(54, 7)]);

/** The slowest of some frames there and back, in milliseconds. */
async function slowestRoundTrip(a: TlsNode, b: TlsNode): Promise<number> {
  let slowest = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const before = to.received.length;
      expect(from.transport.write(to.address.id, 'consensus', Buffer.from(`${round}`))).toBe(true);
      await until(() => to.received.length > before, 'the frame arrived');
    }
    slowest = Math.max(slowest, performance.now() - start);
  }
  return slowest;
}

describe('TlsTransport under a flood', () => {
  it('keeps an honest link, its delay and its memory within bounds', async () => {
    const limits = {
      handshakeTimeoutMs: 500,
      unauthenticatedMax: 64,
      applicationQueueMaxBytes: 2e6,
    };
    const nodes = [await createTlsNode({ limits }), await createTlsNode({ limits })] as const;
    const [a, b] = nodes;
    await connectAll(nodes);
    const memory = (): number => process.memoryUsage().rss;
    const before = memory();
    const misdeeds = [silent, garbage, replayed(HELLO), await keyHolder(NodeKey.generate())];
    const floods = nodes.flatMap(({ address }) =>
      misdeeds.map((misdeed) => flood(misdeed, address.port, FLOOD)),
    );
    try {
      expect(await slowestRoundTrip(a, b)).toBeLessThan(MAX_DELAY);
      await Promise.all(floods.map(({ ended }) => ended));
      expect(await slowestRoundTrip(a, b)).toBeLessThan(MAX_DELAY);
      expect(memory() - before).toBeLessThan(MAX_GROWTH);
      for (const node of nodes) {
        const { refused, unauthenticated, peers } = node.transport.statistics();
        const dropped = Object.values(refused).reduce((sum, count) => sum + count, 0);
        expect(dropped).toBeGreaterThanOrEqual(FLOOD * misdeeds.length);
        await until(() => node.transport.statistics().unauthenticated === 0, 'all forgotten');
        expect(unauthenticated).toBeLessThanOrEqual(64);
        // The one link of the beginning is still there, and no stranger was ever handed up.
        expect([...peers.values()].map(({ reconnects }) => reconnects)).toEqual([0]);
        expect(node.events).toHaveLength(1);
      }
    } finally {
      for (const one of floods) one.stop();
      await Promise.all(nodes.map((node) => node.transport.close()));
    }
  }, 120_000);
});
