/** A node that is divided and locked: a public port, an operators' port with a token, and a socket for its own user. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPublicClient } from 'viem';
import { ipc } from 'viem/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../harness/free-ports.ts';
import { PralineProcess, runPraline } from '../harness/praline-process.ts';
import { until } from '../harness/until.ts';

const TOKEN = 'correct-horse-battery-staple';
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'praline-access-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ask(port: number, method: string, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }),
  });
  return { status: response.status, text: await response.text() };
}

it('serves each port what it is for, and its own user over the socket', async () => {
  const [rpcPort = 0, peerPort = 0, adminPort = 0] = await freePorts(3);
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, TOKEN, { mode: 0o600 });
  const network = new PralineProcess(
    [
      ...['start', '--nodes', '1', '--json', '--data', join(folder, 'data'), '--ipc'],
      ...['--rpc-port', String(rpcPort), '--peer-port', String(peerPort)],
      ...['--rpc-namespaces', 'eth', '--rpc-origins', 'https://dapp.example'],
      ...['--admin-rpc-port', String(adminPort), '--admin-rpc-token-file', tokenFile],
    ],
    { cwd: folder },
  );
  const socket = join(folder, 'data', 'data', '1', 'praline.ipc');
  try {
    await until(() => expect(network.standardOutput).toContain('"event":"ready"'));
    const origin = { origin: 'https://dapp.example' };
    expect((await ask(rpcPort, 'eth_chainId', origin)).text).toContain('0x7a69');
    expect((await ask(rpcPort, 'eth_chainId', { origin: 'https://x.example' })).status).toBe(403);
    expect((await ask(rpcPort, 'mokka_status')).text).toContain('-32601');
    expect((await ask(adminPort, 'mokka_status')).status).toBe(401);
    const authorization = `Bearer ${TOKEN}`;
    expect((await ask(adminPort, 'mokka_status', { authorization })).text).toContain('publicKey');
    const admin = `http://127.0.0.1:${adminPort}`;
    const shown = ['--rpc', admin, '--json', '--rpc-token-file', tokenFile];
    const genesis = join(folder, 'data', 'genesis.json');
    const asked = await Promise.all([
      runPraline(['status', ...shown], folder),
      runPraline(['validators', 'list', ...shown], folder),
      runPraline(['verify', '--genesis', genesis, ...shown], folder),
      runPraline(['status', '--rpc', admin], folder),
      runPraline(['verify', '--genesis', genesis, '--rpc', admin], folder),
    ]);
    expect(asked.map(({ code }) => code)).toEqual([0, 0, 0, 4, 4]);
    expect(asked[3]?.output).toContain('Name its file with --rpc-token-file');
    expect(asked[4]?.output).toContain('lets nobody in without a token');
    expect(asked.map(({ output }) => output).join()).not.toContain(TOKEN);
    const client = createPublicClient({ transport: ipc(socket) });
    const head = new Promise((resolve, reject) => {
      const { subscribe } = client.transport;
      subscribe({ params: ['newHeads'], onData: ({ result }) => resolve(result), onError: reject });
    });
    await until(async () => {
      await client.request({ method: 'evm_mine' as 'eth_chainId' });
      expect(await Promise.race([head, 'none yet'])).toHaveProperty('number');
    });
  } finally {
    await network.end('SIGINT');
  }
  expect(existsSync(socket)).toBe(false);
  expect(network.output).not.toContain(TOKEN);
});

it('is told at once what is wrong with its files', async () => {
  const args = ['start', '--nodes', '1', '--data', join(folder, 'wrong')];
  const { code, output } = await runPraline([...args, '--rpc-token-file', 'none'], folder);
  expect(code).toBe(3);
  expect(output).toContain('Can not read the token file none.');
});
