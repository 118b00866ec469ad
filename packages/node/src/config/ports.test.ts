import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isPortFree, requireFreePort } from './ports.ts';

const HOST = '127.0.0.1';

async function takenPort(): Promise<number> {
  const server = createServer().listen({ host: HOST, port: 0 });
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') {
    throw new Error('no port');
  }
  return address.port;
}

describe('a port', () => {
  it('that something listens on is named as taken', async () => {
    const port = await takenPort();
    expect(await isPortFree(HOST, port)).toBe(false);
    await expect(requireFreePort(HOST, port, 'RPC port of node 1')).rejects.toMatchObject({
      code: 'port-taken',
      message: expect.stringContaining(`Port ${port} on ${HOST} (RPC port of node 1) is taken`),
    });
  });

  it('of an address that is not of this machine is named as such, not as taken', async () => {
    // TEST-NET-1 of RFC 5737 belongs to nobody.
    await expect(requireFreePort('192.0.2.1', 8545, 'RPC port')).rejects.toMatchObject({
      code: 'port-unusable',
      message: expect.stringContaining('192.0.2.1 (RPC port) is no address of this machine'),
    });
  });
});
