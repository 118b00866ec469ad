import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LinkState } from '../../../harness/directed-pipe.ts';
import { freePorts } from '../../../harness/free-ports.ts';
import { LinkProxy } from '../../../harness/link-proxy.ts';
import { until } from '../../../harness/until.ts';

/** One end of a connection and what it has received. */
class End {
  readonly socket: Socket;
  received = '';
  isEnded = false;
  isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.received += text;
    });
    socket.on('end', () => {
      this.isEnded = true;
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => undefined);
  }
}

describe('LinkProxy', () => {
  const outward: LinkState = { isBlocked: false, delay: null };
  const inward: LinkState = { isBlocked: false, delay: null };
  let server: Server;
  let accepted: End[];
  let proxy: LinkProxy;
  let port: number;
  const near: End[] = [];

  beforeEach(async () => {
    Object.assign(outward, { isBlocked: false, delay: null });
    Object.assign(inward, { isBlocked: false, delay: null });
    const ports = await freePorts(2);
    port = ports[0] ?? 0;
    accepted = [];
    server = createServer((socket) => accepted.push(new End(socket)));
    server.listen(ports[1], '127.0.0.1');
    await once(server, 'listening');
    proxy = await LinkProxy.listen({
      listen: { host: '127.0.0.1', port },
      target: { host: '127.0.0.1', port: ports[1] ?? 0 },
      outward,
      inward,
    });
  });

  afterEach(() => {
    proxy.close();
    for (const { socket } of [...near.splice(0), ...accepted]) socket.destroy();
    server.close();
  });

  async function dial(): Promise<End> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const end = new End(socket);
    near.push(end);
    return end;
  }

  async function pair(): Promise<{ client: End; node: End }> {
    const client = await dial();
    const node = await until(() => {
      const [first] = accepted;
      if (first === undefined) throw new Error('not connected');
      return first;
    });
    return { client, node };
  }

  async function expectReceived(end: End, text: string): Promise<void> {
    await until(() => expect(end.received).toBe(text));
  }

  it('carries both directions, and the end of one', async () => {
    const { client, node } = await pair();
    client.socket.write('there');
    node.socket.write('back');
    await expectReceived(node, 'there');
    await expectReceived(client, 'back');
    client.socket.end();
    await until(() => expect(node.isEnded).toBe(true));
  });

  it('blocks one direction while the other goes on, and loses nothing', async () => {
    const { client, node } = await pair();
    outward.isBlocked = true;
    client.socket.write('one');
    node.socket.write('still');
    await expectReceived(client, 'still');
    node.socket.write(' here');
    await expectReceived(client, 'still here');
    expect(node.received).toBe('');
    outward.isBlocked = false;
    proxy.flush();
    await expectReceived(node, 'one');
  });

  it('lets nobody learn through a blocked direction that the other side is gone', async () => {
    const { client, node } = await pair();
    inward.isBlocked = true;
    node.socket.resetAndDestroy();
    client.socket.write('anybody?');
    const second = await dial();
    inward.isBlocked = false;
    expect([client.isEnded, client.isClosed, second.isEnded]).toEqual([false, false, false]);
    proxy.flush();
    await until(() => expect(client.isEnded || client.isClosed).toBe(true));
  });

  it('connects only once the way there is open', async () => {
    outward.isBlocked = true;
    const client = await dial();
    client.socket.write('hello');
    expect(accepted).toEqual([]);
    outward.isBlocked = false;
    proxy.flush();
    await until(() => expect(accepted[0]?.received).toBe('hello'));
  });

  it('delays, in order', async () => {
    const { client, node } = await pair();
    outward.delay = { ms: 60, jitterMs: 40 };
    const started = performance.now();
    for (let piece = 0; piece < 20; piece++) client.socket.write(`${piece} `);
    await until(() => expect(node.received).toMatch(/19 $/));
    expect(performance.now() - started).toBeGreaterThanOrEqual(60);
    expect(node.received.trim().split(' ').map(Number)).toEqual([...Array(20).keys()]);
  });

  it('carries more than it holds', async () => {
    const { client, node } = await pair();
    const text = 'x'.repeat(3_000_000);
    outward.isBlocked = true;
    client.socket.write(text);
    outward.isBlocked = false;
    proxy.flush();
    await until(() => expect(node.received.length).toBe(text.length));
  });

  it('breaks connections at both ends', async () => {
    const { client, node } = await pair();
    proxy.reset();
    await until(() => expect([client.isClosed, node.isClosed]).toEqual([true, true]));
  });
});
