import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningServer, startServer } from '../testing/running-server.test.support.ts';
import type { RpcServerOptions } from './rpc-server.ts';

let running: RunningServer | undefined;
afterEach(() => running?.close());
const start = async (options: RpcServerOptions): Promise<RunningServer> => {
  running = await startServer(options);
  return running;
};

const TOKEN = 'correct-horse-battery';
const authorization = `Bearer ${TOKEN}`;
const CHAIN_ID = '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}';

describe('a port with a token', () => {
  const options = {
    authentication: { bearerToken: TOKEN },
    routes: new Map(
      ['/health', '/metrics'].map((path) => [
        path,
        async () => ({ status: 200, contentType: 'text/plain', body: 'fine' }),
      ]),
    ),
  };

  test('answers those who show it, with each request', async () => {
    const { post } = await start(options);
    const refused = await post(CHAIN_ID);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect(refused.text).toContain('missing token');
    expect((await post(CHAIN_ID, { authorization: `${authorization}x` })).status).toBe(401);
    expect((await post(CHAIN_ID, { authorization })).text).toContain('0x7a69');
  });

  test('asks for it before a WebSocket is opened', async () => {
    const { connect } = await start(options);
    await expect(connect()).rejects.toThrow('401');
    const client = await connect({ authorization });
    expect((await client.request('eth_chainId')).result).toBe('0x7a69');
  });

  test('lets pages ask whether they may show it, and health be asked without', async () => {
    const { url } = await start(options);
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:3000', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/health`, { method: 'POST', body: CHAIN_ID })).status).toBe(401);
  });
});

test('a further port has namespaces and rules of its own', async () => {
  const { server, result, request, connect } = await start({
    namespaces: ['eth', 'dev'],
    furtherPorts: [{ port: 0, authentication: { bearerToken: TOKEN } }],
  });
  const [other] = server.furtherAddresses;
  const ask = async (method: string) => {
    const response = await fetch(`http://127.0.0.1:${other?.port}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }),
    });
    return (await response.json()) as { result?: object };
  };
  expect(Object.keys((await result('rpc_modules')) as object)).not.toContain('txpool');
  const described = (await result('rpc.discover')) as { methods: { name: string }[] };
  const names = described.methods.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['eth_chainId', 'anvil_mine', 'rpc.discover']));
  expect(names).not.toContain('txpool_status');
  expect(await result('evm_mine')).toBe('0x0');
  expect((await request('txpool_status')).error?.code).toBe(-32601);
  const client = await connect();
  expect((await client.request('txpool_status')).error?.code).toBe(-32601);
  expect((await ask('txpool_status')).result).toBeDefined();
  expect((await ask('rpc_modules')).result).toMatchObject({ txpool: '1.0', eth: '1.0' });
});

test('a port with TLS speaks HTTPS and WSS', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'praline-tls-'));
  try {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-keyout', key, '-out', certificate, '-subj', '/CN=localhost', '-days', '2'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1'],
      ],
      { stdio: 'ignore' },
    );
    const ca = readFileSync(certificate, 'utf8');
    const { server } = await start({ tls: { certificate: ca, key: readFileSync(key, 'utf8') } });
    const url = `https://127.0.0.1:${server.address.port}`;
    const text = await new Promise<string>((resolve, reject) => {
      const sent = httpsRequest(
        url,
        { ca, method: 'POST', headers: { 'content-type': 'application/json' } },
        (answer) => answer.setEncoding('utf8').once('data', resolve),
      );
      sent.once('error', reject);
      sent.end(CHAIN_ID);
    });
    expect(text).toContain('0x7a69');
    const webSocket = new WebSocket(url.replace('https', 'wss'), { ca });
    const answer = await new Promise<string>((resolve, reject) => {
      webSocket.once('open', () => webSocket.send(CHAIN_ID));
      webSocket.once('message', (data) => resolve(String(data)));
      webSocket.once('error', reject);
    });
    expect(answer).toContain('0x7a69');
    webSocket.terminate();
    await expect(fetch(url.replace('https', 'http'))).rejects.toThrow();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
