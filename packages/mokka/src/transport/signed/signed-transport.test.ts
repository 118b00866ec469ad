import { afterEach, describe, expect, it } from 'vitest';
import { clusterIdOf } from '../../identity/cluster-id.ts';
import { NodeKey } from '../../identity/node-key.ts';
import {
  connectAll,
  createRecorder,
  describeTransport,
  type TestNode,
  until,
} from '../conformance.test.suite.ts';
import type { PeerAddress } from '../transport.ts';
import type { MessagePipe } from './message-pipe.ts';
import { SignedTransport, type SignedTransportLimits } from './signed-transport.ts';

const CLUSTER = clusterIdOf(new TextEncoder().encode('signed transport'));

/** A network that anyone may read and write: messages go to a port, as bytes of nobody. */
class OpenNetwork {
  readonly #receivers = new Map<number, (message: Uint8Array) => void>();
  /** Everything that was ever sent. */
  readonly seen: { readonly port: number; readonly message: Uint8Array }[] = [];
  /** What becomes of a message on its way: the messages that arrive instead. */
  onTheWay: (message: Uint8Array) => readonly Uint8Array[] = (message) => [message];

  pipe(port: number): MessagePipe {
    return {
      listen: async (receive) => {
        this.#receivers.set(port, receive);
        return async () => {
          this.#receivers.delete(port);
        };
      },
      write: (to: PeerAddress, message: Uint8Array) => {
        this.seen.push({ port: to.port, message });
        for (const arriving of this.onTheWay(message)) this.inject(to.port, arriving);
        return true;
      },
    };
  }

  inject(port: number, message: Uint8Array): void {
    const copy = Uint8Array.from(message);
    setImmediate(() => this.#receivers.get(port)?.(copy));
  }
}

interface SignedNode extends TestNode {
  readonly key: NodeKey;
}

async function createNode(
  network: OpenNetwork,
  port: number,
  options: {
    key?: NodeKey;
    clusterId?: typeof CLUSTER;
    limits?: Partial<SignedTransportLimits>;
  } = {},
): Promise<SignedNode> {
  const key = options.key ?? NodeKey.generate();
  const recorder = createRecorder();
  const transport = new SignedTransport({
    key,
    clusterId: options.clusterId ?? CLUSTER,
    pipe: network.pipe(port),
    limits: { helloIntervalMs: 10, ...options.limits },
  });
  await transport.listen(recorder.handlers);
  return {
    key,
    address: { id: key.id, host: 'open', port },
    transport,
    received: recorder.received,
    events: recorder.events,
    isConnected: (peer: TestNode) => recorder.isConnected(peer.address.id),
  };
}

async function createNodes(network: OpenNetwork, count: number): Promise<SignedNode[]> {
  return Promise.all(Array.from({ length: count }, (_, at) => createNode(network, at + 1)));
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe('SignedTransport', () => {
  describeTransport((count) => createNodes(new OpenNetwork(), count));
});

describe('SignedTransport over a hostile network', () => {
  let nodes: SignedNode[] = [];
  afterEach(async () => {
    await Promise.all(nodes.map((node) => node.transport.close()));
  });

  it('takes nothing twice, changed, or out of order', async () => {
    const network = new OpenNetwork();
    nodes = await createNodes(network, 2);
    const [a, b] = await connectAll(nodes);
    network.onTheWay = (message) => {
      const changed = Uint8Array.from(message);
      const at = changed.length >> 1;
      changed[at] = (changed[at] ?? 0) ^ 1;
      return [changed, message, message];
    };
    const from = network.seen.length;
    for (let i = 0; i < 20; i += 1) a.transport.write(b.address.id, 'consensus', text(`${i}`));
    await until(() => b.received.length === 20, 'all frames arrived');
    for (const { port, message } of network.seen.slice(from)) network.inject(port, message);
    a.transport.write(b.address.id, 'consensus', text('last'));
    await until(() => b.received.some((frame) => frame.text === 'last'), 'the last frame arrived');
    expect(b.received.map((frame) => frame.text)).toEqual([
      ...Array.from({ length: 20 }, (_, i) => `${i}`),
      'last',
    ]);
  });

  it('shows nobody else what is sent', async () => {
    const network = new OpenNetwork();
    nodes = await createNodes(network, 2);
    const [a, b] = await connectAll(nodes);
    a.transport.write(b.address.id, 'application', text('for b alone'));
    await until(() => b.received.length === 1, 'it arrived');
    const all = network.seen.map(({ message }) => Buffer.from(message).toString('latin1'));
    expect(all.some((message) => message.includes('for b alone'))).toBe(false);
  });

  it('keeps a link when everything ever sent is sent again', async () => {
    const network = new OpenNetwork();
    nodes = await createNodes(network, 2);
    const [a, b] = await connectAll(nodes);
    const old = [...network.seen];
    b.transport.setPeers([]);
    await until(() => !a.isConnected(b), 'the link is down');
    b.transport.setPeers([a.address]);
    await until(() => a.isConnected(b) && b.isConnected(a), 'the link is up again');
    const before = [a.events.length, b.events.length];
    for (const { port, message } of old) network.inject(port, message);
    a.transport.write(b.address.id, 'consensus', text('after'));
    await until(() => b.received.length === 1, 'the frame arrived');
    expect([a.events.length, b.events.length]).toEqual(before);
  });

  it('links nobody who lacks the key, is of another cluster, or speaks for another', async () => {
    const network = new OpenNetwork();
    nodes = await createNodes(network, 2);
    const [a, b] = await connectAll(nodes);
    const foreign = clusterIdOf(text('another cluster'));
    const stranger = await createNode(network, 3, { clusterId: foreign });
    nodes.push(stranger);
    a.transport.setPeers([b.address, stranger.address]);
    stranger.transport.setPeers([a.address]);
    // One that claims b's id, from its own port, signs with its own key.
    const hellos = network.seen.filter(({ port, message }) => port === 1 && message[0] === 0);
    const forged = Buffer.from(hellos[0]?.message ?? []);
    const position = forged.indexOf(Buffer.from(b.address.id, 'hex'));
    Buffer.from(stranger.key.id, 'hex').copy(forged, position);
    network.inject(1, forged);
    const sent = network.seen.length;
    await until(() => network.seen.length > sent + 20, 'many hellos passed');
    expect(a.isConnected(stranger)).toBe(false);
    expect(stranger.isConnected(a)).toBe(false);
    expect(a.isConnected(b)).toBe(true);
  });

  it('links again with a peer that restarted without a word, and notices one that fell silent', async () => {
    const network = new OpenNetwork();
    const limits = { pingIntervalMs: 10, idleTimeoutMs: 100 };
    const a = await createNode(network, 1, { limits });
    const b = await createNode(network, 2, { limits });
    nodes = [a, b];
    await connectAll(nodes);
    network.onTheWay = () => [];
    await until(() => !a.isConnected(b) && !b.isConnected(a), 'both noticed the silence');
    await b.transport.close();
    network.onTheWay = (message) => [message];
    const again = await createNode(network, 2, { key: b.key, limits });
    nodes.push(again);
    again.transport.setPeers([a.address]);
    await until(() => a.isConnected(again) && again.isConnected(a), 'linked again');
    await until(() => {
      a.transport.write(again.address.id, 'consensus', text('hello'));
      return again.received.length > 0;
    }, 'a frame arrived');
    // And one that restarts while its link is up here.
    network.onTheWay = () => [];
    await again.transport.close();
    network.onTheWay = (message) => [message];
    const third = await createNode(network, 2, {
      key: b.key,
      limits: { ...limits, idleTimeoutMs: 5000 },
    });
    nodes.push(third);
    third.transport.setPeers([a.address]);
    await until(() => third.isConnected(a), 'the third run is linked');
    // The other side may still be at the link of the run before.
    await until(() => {
      a.transport.write(third.address.id, 'consensus', text('third'));
      return third.received.length > 0;
    }, 'a frame arrived');
    expect(a.events.filter((event) => /twice|outside/.test(event))).toEqual([]);
  });

  it('does not fall over bytes of nobody', async () => {
    const network = new OpenNetwork();
    nodes = await createNodes(network, 2);
    const [a, b] = await connectAll(nodes);
    for (const message of [[], [0], [1], [2, 3], [0, 0xc0], [1, ...new Array(100).fill(7)]]) {
      network.inject(1, Uint8Array.from(message));
    }
    for (const { message } of network.seen.slice(0, 5)) {
      for (let length = 0; length < message.length; length += 7) {
        network.inject(1, message.subarray(0, length));
      }
    }
    b.transport.write(a.address.id, 'consensus', text('still here'));
    await until(() => a.received.length === 1, 'the frame arrived');
  });
});
