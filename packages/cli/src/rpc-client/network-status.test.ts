import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { networkStatus } from './network-status.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const statusOf = (publicKey: string) => ({
  ...{ node: null, publicKey, isMember: true, role: 'follower', term: 1, epoch: 0, leader: null },
  ...{ quorum: 2, validators: 3, connectedValidators: 2, commitIndex: 7, blockNumber: 7 },
  waitingFor: { what: 'a leader', from: [], ms: 1 },
});

/** A node that answers so, and what it was shown. */
async function serve(
  results: Readonly<Record<string, unknown>>,
): Promise<{ readonly url: string; readonly shown: (string | undefined)[] }> {
  const shown: (string | undefined)[] = [];
  const server = createServer(async (request, response) => {
    shown.push(request.headers.authorization);
    const { method } = JSON.parse(await textOf(request));
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: results[method] }));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, shown };
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString();
}

const peer = (publicKey: string, rpcUrl: string) => ({
  ...{ node: null, publicKey, membership: 'validator', rpcUrl, connected: true, role: 'follower' },
  ...{ term: 1, appliedIndex: 7, blockNumber: 7 },
});

it('shows its token to the nodes that were named, and to no address that a node tells', async () => {
  const told = await serve({ mokka_status: statusOf('told') });
  const named = await serve({ mokka_status: statusOf('named') });
  const peers = [peer('told', told.url), peer('named', `${named.url}/`), peer('bad', 'http://[')];
  const first = await serve({ mokka_status: statusOf('first'), mokka_peers: peers });
  const authorization = () => 'Bearer correct-horse-battery';
  const { nodes } = await networkStatus([
    { url: first.url, authorization },
    { url: named.url, authorization },
  ]);
  expect(nodes.map(({ publicKey, state }) => `${publicKey} ${state}`).sort()).toEqual([
    ...['bad connected', 'first up', 'named up', 'told up'],
  ]);
  expect(told.shown).toEqual([undefined]);
  expect(named.shown).toEqual([authorization()]);
});
