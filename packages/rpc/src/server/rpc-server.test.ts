import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../limits.ts';
import { defineMethod } from '../method.ts';
import { hashOf } from '../testing/plain-chain.test.support.ts';
import { type RunningServer, startServer } from '../testing/running-server.test.support.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer({ limits: { batchLengthMax: 10, requestBytesMax: 10_000 } });
});
afterEach(() => running.close());

const call = (method: string, id: unknown = 1, params: unknown = []) => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});
const send = async (message: unknown) =>
  JSON.parse((await running.post(JSON.stringify(message))).text);

describe('a single request', () => {
  test.each([1, 0, -5, 'a', '', null])('is answered with its id %j', async (id) => {
    expect(await send(call('eth_chainId', id))).toEqual({ jsonrpc: '2.0', id, result: '0x7a69' });
  });

  test('may leave out its parameters, or have null for them', async () => {
    for (const params of [undefined, null]) {
      expect(await send(call('eth_blockNumber', 1, params ?? undefined))).toMatchObject({
        result: '0x0',
      });
    }
  });

  test('without id gets no answer', async () => {
    const { status, text } = await running.post('{"jsonrpc":"2.0","method":"eth_chainId"}');
    expect([status, text]).toEqual([204, '']);
  });
});

test('a method of development mode is not there without it', async () => {
  expect(await send(call('evm_mine'))).toMatchObject({ result: '0x0' });
  const other = await startServer({ development: null });
  try {
    const { text } = await other.post(JSON.stringify(call('evm_mine')));
    expect(JSON.parse(text)).toMatchObject({ error: { code: -32601 } });
  } finally {
    await other.close();
  }
});

describe('a batch', () => {
  test('is answered in order, duplicate ids included', async () => {
    const answers = await send([
      call('eth_chainId', 7),
      call('web3_clientVersion', 7),
      5,
      { jsonrpc: '2.0', method: 'eth_chainId' },
      call('no_such', 'x'),
    ]);
    expect(answers).toEqual([
      { jsonrpc: '2.0', id: 7, result: '0x7a69' },
      { jsonrpc: '2.0', id: 7, result: 'anvil/praline/test' },
      { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'invalid request' } },
      {
        jsonrpc: '2.0',
        id: 'x',
        error: { code: -32601, message: 'the method no_such does not exist/is not available' },
      },
    ]);
  });

  test('of notifications gets no answer', async () => {
    const notification = { jsonrpc: '2.0', method: 'eth_chainId' };
    const { status, text } = await running.post(JSON.stringify([notification, notification]));
    expect([status, text]).toEqual([204, '']);
  });

  test('that is empty or too long is one error', async () => {
    expect(await send([])).toMatchObject({ id: null, error: { code: -32600 } });
    expect(await send(Array.from({ length: 11 }, () => call('eth_chainId')))).toMatchObject({
      id: null,
      error: { code: -32600, message: 'batch too large, at most 10 requests' },
    });
  });

  test('starts neighbouring transactions together and reads after they are in', async () => {
    const { backend } = running;
    let open = 0;
    let together = 0;
    const committed: (() => void)[] = [];
    backend.sendRaw = (raw) => {
      together = Math.max(together, ++open);
      return new Promise((resolve) => {
        committed.push(() => resolve(hashOf(raw[0] ?? 0)));
        if (open === 3) {
          backend.announce(backend.chain.append([], []));
          for (const commit of committed) commit();
        }
      });
    };
    const answers = await send([
      call('eth_blockNumber', 0),
      call('eth_sendRawTransaction', 1, ['0x01']),
      call('eth_sendRawTransaction', 2, ['0x02']),
      call('eth_sendRawTransaction', 3, ['0x03']),
      call('eth_blockNumber', 4),
    ]);
    expect(together).toBe(3);
    expect(answers.map(({ result }: { result: unknown }) => result)).toEqual([
      '0x0',
      hashOf(1),
      hashOf(2),
      hashOf(3),
      '0x1',
    ]);
  });

  test('that is long gives other clients their turn', async () => {
    const patient = await startServer({ limits: { batchTurnMs: 0 } });
    try {
      const batch = Array.from({ length: 1000 }, (_, id) =>
        call('eth_getBlockByNumber', id, ['0x0']),
      );
      const finished: string[] = [];
      const long = patient.post(JSON.stringify(batch)).then(() => finished.push('batch'));
      // The batch is under way once its first answer is counted.
      await expect
        .poll(() => patient.server.statistics().methods, { timeout: 5000 })
        .toHaveProperty('eth_getBlockByNumber');
      await patient.result('eth_chainId').then(() => finished.push('single'));
      await long;
      expect(finished).toEqual(['single', 'batch']);
    } finally {
      await patient.close();
    }
  });

  test('stops growing at the size limit, with an error for each answer beyond', async () => {
    const small = await startServer({ limits: { responseBytesMax: 200 } });
    try {
      const batch = Array.from({ length: 8 }, (_, id) => call('web3_clientVersion', id));
      const answers = JSON.parse((await small.post(JSON.stringify(batch))).text);
      expect(answers).toHaveLength(8);
      expect(answers[0]).toHaveProperty('result');
      expect(answers[7].error).toEqual({ code: -32003, message: 'response too large' });
      const { web3_clientVersion: counts } = small.server.statistics().methods;
      const given = answers.filter((answer: object) => 'result' in answer);
      // The first that did not fit was run; those after it were not.
      expect(counts?.requests).toBe(given.length + 1);
    } finally {
      await small.close();
    }
  });
});

describe('an error nobody expected', () => {
  test('is logged with a reference and tells the client nothing else', async () => {
    const logged: unknown[] = [];
    const logger = { warn() {}, error: (fields: object) => logged.push(fields) };
    const other = await startServer({ logger });
    try {
      other.backend.callResult = async () => {
        throw new TypeError('secret of the house');
      };
      const { error } = await other.request('eth_call', [{}]);
      expect(error).toMatchObject({ code: -32603, message: 'internal error' });
      expect(JSON.stringify(error)).not.toContain('secret');
      const [entry] = logged as { method: string; reference: string }[];
      expect(entry?.method).toBe('eth_call');
      expect(error?.data).toEqual({ reference: entry?.reference });
    } finally {
      await other.close();
    }
  });

  test('is also what a result becomes that is not JSON', async () => {
    running.server.addMethods([
      defineMethod({
        name: 'test_cycle',
        summary: '',
        params: [],
        result: '',
        peers: [],
        errors: [],
        example: { params: [], result: null },
        handler: () => {
          const cycle: { self?: unknown } = {};
          cycle.self = cycle;
          return cycle as never;
        },
      }),
    ]);
    expect((await running.request('test_cycle')).error).toMatchObject({ code: -32603 });
  });
});

test('methods of others join, unless their name is taken', async () => {
  const method = defineMethod({
    name: 'mokka_test',
    summary: '',
    params: [],
    result: '',
    peers: [],
    errors: [],
    example: { params: [], result: 1 },
    handler: () => 1,
  });
  running.server.addMethods([method]);
  expect(await running.result('mokka_test')).toBe(1);
  expect(await running.result('rpc_modules')).toHaveProperty('mokka', '1.0');
  expect(() => running.server.addMethods([method])).toThrow('defined twice');
});

describe('over HTTP', () => {
  test.each(['text/plain', 'application/x-www-form-urlencoded', ''])(
    'content type %j is refused with advice',
    async (type) => {
      const { status, text } = await running.post('{}', { 'content-type': type });
      expect(status).toBe(415);
      expect(text).toContain('application/json');
    },
  );

  test('a browser gets a page of text, and nothing at other paths', async () => {
    const page = await fetch(running.url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('JSON-RPC')]);
    expect((await fetch(`${running.url}/elsewhere`)).status).toBe(404);
    expect((await fetch(running.url, { method: 'PUT' })).status).toBe(405);
  });

  test.each([12_000, 100_000])('a body of %i bytes is too large, and said to be', async (size) => {
    const { status, text } = await running.post(`"${'x'.repeat(size)}"`);
    expect(status).toBe(413);
    expect(JSON.parse(text)).toMatchObject({ id: null, error: { code: -32600 } });
  });

  test('bodies beyond what the server may hold are turned away, and room returns', async () => {
    await running.close();
    running = await startServer({ limits: { heldRequestBytesMax: 20_000 } });
    const { backend } = running;
    const finish: (() => void)[] = [];
    backend.callResult = () =>
      new Promise((resolve) => {
        finish.push(() => resolve({ status: 'success', output: '0x', gasUsed: 1n }));
      });
    const held = [1, 2].map(() => running.result('eth_call', { data: `0x${'00'.repeat(2000)}` }));
    await expect.poll(() => finish.length, { timeout: 5000 }).toBe(2);
    const { status, text } = await running.post(
      JSON.stringify(call('eth_call', 1, ['x'.repeat(5000)])),
    );
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ id: null, error: { code: -32005 } });
    for (const each of finish) each();
    await Promise.all(held);
    expect(await running.result('eth_chainId')).toBe('0x7a69');
  });

  test('a body that is not UTF-8 is a parse error', async () => {
    const { text } = await running.post(Buffer.from([0x22, 0xff, 0xfe, 0x22]));
    expect(JSON.parse(text)).toMatchObject({ error: { code: -32700 } });
  });

  test('one connection serves many requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; count < 5; count++) expect(await statusFor({}, agent)).toBe(200);
    const { connections, methods } = running.server.statistics();
    agent.destroy();
    expect(connections).toBe(1);
    expect(methods).toMatchObject({ eth_chainId: { requests: 5, failures: 0 } });
  });
});

/** Node's fetch does not let a test choose Host. */
async function statusFor(
  headers: Record<string, string>,
  agent?: Agent,
): Promise<number | undefined> {
  const { port } = running.server.address;
  const request = httpRequest({
    port,
    ...(agent === undefined ? {} : { agent }),
    host: '127.0.0.1',
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  });
  request.end(JSON.stringify(call('eth_chainId')));
  const [response] = await once(request, 'response');
  response.resume();
  await once(response, 'end');
  return response.statusCode;
}

describe('the Host header', () => {
  test.each([
    ['localhost:8545', 200],
    ['LOCALHOST', 200],
    ['127.0.0.1:1', 200],
    ['[::1]:8545', 200],
    ['192.168.1.20:8545', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost@evil.example', 403],
    ['evil.example/127.0.0.1', 403],
  ])('%s is answered with %i', async (host, status) => {
    expect(await statusFor({ host })).toBe(status);
  });

  test('of a configured name is fine', async () => {
    await running.close();
    running = await startServer({ allowedHosts: ['Node1.example'] });
    expect(await statusFor({ host: 'node1.example:8545' })).toBe(200);
    expect(await statusFor({ host: 'node2.example' })).toBe(403);
  });
});

describe('the Origin header', () => {
  const origins: [string, number][] = [
    ['http://localhost:3000', 200],
    ['https://127.0.0.1:5173', 200],
    ['http://dapp.localhost', 200],
    ['chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn', 200],
    ['https://evil.example', 403],
    ['http://localhost.evil.example', 403],
    ['null', 403],
  ];

  test.each(origins)('%s is answered with %i over HTTP', async (origin, status) => {
    expect(await statusFor({ origin })).toBe(status);
  });

  test.each(origins)('%s means the same for a WebSocket (%i)', async (origin, status) => {
    const connection = running.connect({ origin });
    if (status === 200) await connection;
    else await expect(connection).rejects.toThrow('403');
  });

  test('allowed gets the headers a browser wants, others none', async () => {
    const preflight = (origin: string) =>
      fetch(running.url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
    const allowed = await preflight('http://localhost:3000');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('http://localhost:3000');
    const refused = await preflight('https://evil.example');
    expect(refused.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('of a configured site is fine', async () => {
    await running.close();
    running = await startServer({ allowedOrigins: ['https://dapp.example'] });
    expect(await statusFor({ origin: 'https://dapp.example' })).toBe(200);
    expect(await statusFor({ origin: 'https://other.example' })).toBe(403);
  });
});

describe('close', () => {
  test('lets a request under way finish and leaves no listener behind', async () => {
    const { backend, server } = running;
    let finish: (() => void) | undefined;
    const started = new Promise<void>((resolve) => {
      backend.callResult = () => {
        resolve();
        return new Promise((answer) => {
          finish = () => answer({ status: 'success', output: '0x07', gasUsed: 1n });
        });
      };
    });
    const socket = await running.connect();
    const overHttp = running.result('eth_call', {});
    await started;
    const overSocket = socket.request('eth_chainId');
    await overSocket;
    const startedAt = performance.now();
    const closed = server.close();
    finish?.();
    expect(await overHttp).toBe('0x07');
    await closed;
    expect(performance.now() - startedAt).toBeLessThan(DEFAULT_LIMITS.drainTimeoutMs);
    expect(backend.listenerCount()).toBe(0);
    await expect(running.result('eth_chainId')).rejects.toThrow();
  });

  test('does not wait for ever for a request that does not end', async () => {
    const stuck = await startServer({ limits: { drainTimeoutMs: 50 } });
    const started = new Promise<void>((resolve) => {
      stuck.backend.callResult = () => {
        resolve();
        return new Promise(() => {});
      };
    });
    const socket = await stuck.connect();
    socket.webSocket.send(JSON.stringify(call('eth_call', 1, [{}])));
    await started;
    await stuck.server.close();
  });
});

test('a path of its own answers GET and HEAD, and says so when it fails', async () => {
  const own = await startServer({
    routes: new Map([
      [
        '/health',
        async () => ({ status: 200, contentType: 'application/json', body: '{"status":"up"}' }),
      ],
      ['/broken', () => Promise.reject(new Error('secret'))],
    ]),
  });
  try {
    const health = await fetch(new URL('/health?x=1', own.url));
    expect(health.headers.get('content-type')).toBe('application/json');
    expect(await health.json()).toEqual({ status: 'up' });
    const head = await fetch(new URL('/health', own.url), { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    const broken = await fetch(new URL('/broken', own.url));
    expect(broken.status).toBe(503);
    expect(await broken.text()).not.toContain('secret');
  } finally {
    await own.close();
  }
});
