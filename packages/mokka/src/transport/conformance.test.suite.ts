/**
 * What every `Transport` must do, as tests that its implementations share.
 *
 * Imported by their test files only.
 */
import { expect, it, vi } from 'vitest';
import type { NodeId } from '../core/types.ts';
import type { Channel, PeerAddress, Transport, TransportHandlers } from './transport.ts';

/** A transport with what it handed up. */
export interface TestNode {
  readonly address: PeerAddress;
  readonly transport: Transport;
  readonly received: { from: NodeId; channel: Channel; text: string }[];
  readonly events: string[];
  /** True while the link to the peer is up. */
  isConnected(peer: TestNode): boolean;
}

export interface Recorder {
  readonly handlers: TransportHandlers;
  readonly received: { from: NodeId; channel: Channel; text: string }[];
  readonly events: string[];
  isConnected(peer: NodeId): boolean;
}

/** Handlers that remember what they were told. */
export function createRecorder(): Recorder {
  const received: Recorder['received'] = [];
  const events: string[] = [];
  const up = new Set<NodeId>();
  return {
    received,
    events,
    isConnected: (peer) => up.has(peer),
    handlers: {
      onFrame(from, channel, frame) {
        if (!up.has(from)) events.push(`frame outside of a link from ${from}`);
        received.push({ from, channel, text: Buffer.from(frame).toString('latin1') });
      },
      onConnected(peer) {
        if (up.has(peer)) events.push(`connected twice to ${peer}`);
        up.add(peer);
        events.push(`up ${peer}`);
      },
      onDisconnected(peer, reason) {
        if (!up.delete(peer)) events.push(`disconnected twice from ${peer}`);
        events.push(`down ${peer} ${reason}`);
      },
    },
  };
}

/** Waits for a condition that an event brings about. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  await vi.waitFor(() => expect(condition(), what).toBe(true), { timeout: 10_000, interval: 5 });
}

/**
 * Registers the tests; call inside `describe`. `createNodes` makes nodes that listen and know no peer yet; the test
 * closes them.
 */
export function describeTransport(
  createNodes: (count: number) => Promise<readonly TestNode[]>,
): void {
  const withNodes = async (
    count: number,
    body: (nodes: readonly TestNode[]) => Promise<void>,
  ): Promise<void> => {
    const nodes = await createNodes(count);
    try {
      await body(nodes);
      const isUnexpected = (event: string): boolean => /twice|outside/.test(event);
      for (const node of nodes) expect(node.events.filter(isUnexpected)).toEqual([]);
    } finally {
      await Promise.all(nodes.map((node) => node.transport.close()));
    }
  };

  it('carries frames between three nodes, with the sender that sent them', () =>
    withNodes(3, async (nodes) => {
      await connectAll(nodes);
      for (const node of nodes) {
        for (const peer of nodes) {
          if (peer === node) continue;
          expect(write(node, peer, 'consensus', `to ${peer.address.id}`)).toBe(true);
        }
      }
      await until(() => nodes.every((node) => node.received.length === 2), 'all frames arrived');
      for (const node of nodes) {
        const others = nodes.filter((peer) => peer !== node).map((peer) => peer.address.id);
        expect(new Set(node.received.map(({ from }) => from))).toEqual(new Set(others));
        for (const { text } of node.received) expect(text).toBe(`to ${node.address.id}`);
      }
    }));

  it('keeps the order of each channel, for frames of any size', () =>
    withNodes(2, async (nodes) => {
      const [a, b] = await connectAll(nodes);
      const sent: Record<Channel, string[]> = { consensus: [], application: [] };
      for (let i = 0; i < 300; i += 1) {
        const channel = i % 3 === 0 ? 'consensus' : 'application';
        const size = i % 50 === 0 ? 300_000 : (i * 37) % 2000;
        const text = `${i}:${'x'.repeat(size)}`;
        expect(write(a, b, channel, text)).toBe(true);
        sent[channel].push(text);
      }
      await until(() => b.received.length === 300, 'all frames arrived');
      for (const channel of ['consensus', 'application'] as const) {
        const arrived = b.received.filter((frame) => frame.channel === channel);
        expect(arrived.map(({ text }) => text)).toEqual(sent[channel]);
      }
    }));

  it('carries empty frames and frames of the largest size, and drops larger ones', () =>
    withNodes(2, async (nodes) => {
      const [a, b] = await connectAll(nodes);
      const consensusMax = 16 * 1024 * 1024;
      const applicationMax = 1024 * 1024;
      const large = new Uint8Array(consensusMax).fill(97);
      expect(a.transport.write(b.address.id, 'consensus', new Uint8Array())).toBe(true);
      expect(a.transport.write(b.address.id, 'consensus', large)).toBe(true);
      expect(
        a.transport.write(b.address.id, 'application', large.subarray(0, applicationMax)),
      ).toBe(true);
      expect(a.transport.write(b.address.id, 'consensus', new Uint8Array(consensusMax + 1))).toBe(
        false,
      );
      expect(
        a.transport.write(b.address.id, 'application', large.subarray(0, applicationMax + 1)),
      ).toBe(false);
      await until(() => b.received.length === 3, 'all frames arrived');
      expect(b.received.map(({ channel, text }) => [channel, text.length]).sort()).toEqual([
        ['application', applicationMax],
        ['consensus', 0],
        ['consensus', consensusMax],
      ]);
      await until(() => a.isConnected(b) && b.isConnected(a), 'still connected');
    }));

  it('drops frames for a node that is unknown, away or itself', () =>
    withNodes(3, async (nodes) => {
      const [a, b, stranger] = nodes as [TestNode, TestNode, TestNode];
      a.transport.setPeers([b.address, a.address]);
      expect(write(a, b, 'consensus', 'away')).toBe(false);
      expect(write(a, stranger, 'consensus', 'unknown')).toBe(false);
      expect(write(a, a, 'consensus', 'itself')).toBe(false);
    }));

  it('links nodes only while each names the other', () =>
    withNodes(3, async (nodes) => {
      const [a, b, c] = nodes as [TestNode, TestNode, TestNode];
      a.transport.setPeers([b.address, c.address]);
      c.transport.setPeers([a.address]);
      await until(() => a.isConnected(c), 'a and c are connected');
      expect(a.isConnected(b)).toBe(false);
      b.transport.setPeers([a.address]);
      await until(() => a.isConnected(b) && b.isConnected(a), 'a and b are connected');
      a.transport.setPeers([c.address]);
      await until(() => !a.isConnected(b) && !b.isConnected(a), 'a and b are apart');
      expect(write(a, b, 'consensus', 'gone')).toBe(false);
      expect(a.isConnected(c)).toBe(true);
      a.transport.setPeers([b.address, c.address]);
      await until(() => a.isConnected(b) && b.isConnected(a), 'a and b are connected again');
      expect(write(b, a, 'consensus', 'back')).toBe(true);
      await until(() => a.received.length === 1, 'the frame arrived');
    }));

  it('tells the others when a node closes', () =>
    withNodes(2, async (nodes) => {
      const [a, b] = await connectAll(nodes);
      await b.transport.close();
      await until(() => !a.isConnected(b), 'a noticed');
      expect(write(a, b, 'consensus', 'late')).toBe(false);
      expect(write(b, a, 'consensus', 'closed')).toBe(false);
      await b.transport.close();
    }));
}

/** Makes all nodes peers of each other and waits for the links. */
export async function connectAll(nodes: readonly TestNode[]): Promise<[TestNode, TestNode]> {
  for (const node of nodes) node.transport.setPeers(nodes.map((peer) => peer.address));
  await until(
    () => nodes.every((a) => nodes.every((b) => a === b || a.isConnected(b))),
    'all nodes are connected',
  );
  const [first, second] = nodes;
  if (first === undefined || second === undefined) throw new Error('two nodes at least');
  return [first, second];
}

function write(from: TestNode, to: TestNode, channel: Channel, text: string): boolean {
  return from.transport.write(to.address.id, channel, Buffer.from(text, 'latin1'));
}
