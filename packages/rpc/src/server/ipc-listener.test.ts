import { once } from 'node:events';
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RpcLimits } from '../limits.ts';
import { type RunningServer, startServer } from '../testing/running-server.test.support.ts';

let folder: string;
let path: string;
const servers: RunningServer[] = [];
const start = async (limits: Partial<RpcLimits> = {}): Promise<RunningServer> => {
  const server = await startServer({ ipcPath: path, limits });
  servers.push(server);
  return server;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'praline-ipc-'));
  path = join(folder, 'p.ipc');
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  rmSync(folder, { recursive: true });
});

const open = async (): Promise<{ socket: Socket; next: () => Promise<unknown> }> => {
  const socket = connect({ path, allowHalfOpen: true });
  await once(socket, 'connect');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    socket,
    next: async () => {
      const { done, value } = await lines.next();
      return done === true ? 'end' : JSON.parse(value);
    },
  };
};
const request = (method: string, id: number, ...params: unknown[]): string =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });

describe('an IPC client', () => {
  test('is answered line by line, and gets what it subscribed to', async () => {
    const { backend } = await start();
    const { socket, next } = await open();
    socket.write(`${request('eth_chainId', 1)}[${request('eth_chainId', 2)}]\n`);
    expect(await next()).toMatchObject({ id: 1, result: '0x7a69' });
    expect(await next()).toMatchObject([{ id: 2, result: '0x7a69' }]);
    socket.write(request('eth_subscribe', 3, 'newHeads'));
    const { result: subscription } = (await next()) as { result: string };
    backend.announce(backend.chain.append([], []));
    expect(await next()).toMatchObject({ params: { subscription, result: { number: '0x1' } } });
    socket.destroy();
  });

  test('that has said all still gets its answers', async () => {
    const { backend } = await start();
    backend.callResult = async () => {
      await new Promise(setImmediate);
      return { status: 'success', output: '0x2a', gasUsed: 1n };
    };
    const { socket, next } = await open();
    socket.end(request('eth_call', 1, {}));
    expect(await next()).toMatchObject({ id: 1, result: '0x2a' });
    expect(await next()).toBe('end');
  });

  test.each([
    ['hello', -32700],
    [`["${'x'.repeat(2000)}"]`, -32600],
  ])('that sends what is no request is told so and let go: %.10s', async (text, code) => {
    await start({ requestBytesMax: 1000 });
    const { socket, next } = await open();
    socket.write(text);
    expect(await next()).toMatchObject({ id: null, error: { code } });
    expect(await next()).toBe('end');
    socket.destroy();
  });

  test('has its requests worked on a few at a time', async () => {
    const { backend } = await start({ webSocketRequestsInFlightMax: 2 });
    let most = 0;
    let running = 0;
    backend.callResult = async () => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return { status: 'success', output: '0x', gasUsed: 1n };
    };
    const { socket, next } = await open();
    for (let id = 1; id <= 50; id++) socket.write(request('eth_call', id, {}));
    for (let id = 1; id <= 50; id++) expect(await next()).toMatchObject({ result: '0x' });
    expect(most).toBe(2);
    socket.destroy();
  });
});

describe('the socket file', () => {
  test('is its owner’s alone, and gone after the end', async () => {
    const server = await start();
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  test('is replaced when nobody listens there', async () => {
    const socketLeft = createServer().listen(join(folder, 'left'));
    await once(socketLeft, 'listening');
    const { renameSync } = await import('node:fs');
    renameSync(join(folder, 'left'), path);
    socketLeft.close();
    expect(lstatSync(path).isSocket()).toBe(true);
    await start();
    const { socket, next } = await open();
    socket.write(request('eth_chainId', 1));
    expect(await next()).toMatchObject({ result: '0x7a69' });
    socket.destroy();
  });

  test('of a running server is left to it', async () => {
    await start();
    await expect(start()).rejects.toMatchObject({ name: 'IpcError', code: 'taken' });
    const { socket, next } = await open();
    socket.write(request('eth_chainId', 1));
    expect(await next()).toMatchObject({ result: '0x7a69' });
    socket.destroy();
  });

  test('never takes the place of another file', async () => {
    writeFileSync(path, 'precious');
    await expect(start()).rejects.toMatchObject({ code: 'not-a-socket' });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  test.each([
    ['too-long', 'x'.repeat(100)],
    ['unusable', join('no', 'folder')],
  ])('can not be everywhere: %s', async (code, name) => {
    path = join(folder, name);
    await expect(start()).rejects.toMatchObject({ code });
  });
});
