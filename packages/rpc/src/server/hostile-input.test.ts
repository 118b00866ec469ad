import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { standardMethods } from '../methods/index.ts';
import { addressOf } from '../testing/plain-chain.test.support.ts';
import {
  type RunningServer,
  type SocketClient,
  startServer,
} from '../testing/running-server.test.support.ts';

let running: RunningServer;
let socket: SocketClient;
beforeAll(async () => {
  running = await startServer();
  socket = await running.connect();
});
afterAll(() => running.close());

const ADDRESS = addressOf(1);

describe('a message that is no request', () => {
  const messages: [string, number][] = [
    ['', -32700],
    ['{', -32700],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId"} trailing', -32700],
    ["{'jsonrpc':'2.0'}", -32700],
    ['NaN', -32700],
    ['['.repeat(100_000), -32700],
    [`${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`, -32700],
    ['null', -32600],
    ['true', -32600],
    ['5', -32600],
    ['"eth_chainId"', -32600],
    ['{}', -32600],
    ['[]', -32600],
    ['{"id":1,"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":2,"id":1,"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":1}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":5}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":""}', -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":[1],"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":true,"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":1e400,"method":"eth_chainId"}', -32600],
    ['{"jsonrpc":"2.0","id":12345678901234567890,"method":"eth_chainId"}', -32600],
    ['{"__proto__":{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"constructor"}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainid"}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":"x"}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":[1]}', -32602],
  ];
  test.each(messages.map(([body, code]) => ({ title: body.slice(0, 80), body, code })))(
    '$title is answered with $code',
    async ({ body, code }) => {
      const { status, text } = await running.post(body);
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ jsonrpc: '2.0', error: { code } });
    },
  );

  test('is answered with the id where one can be read', async () => {
    const { text } = await running.post('{"id":"me","method":"eth_chainId"}');
    expect(JSON.parse(text)).toMatchObject({ id: 'me', error: { code: -32600 } });
  });

  test('does not return an endless method name', async () => {
    const { error } = await running.request('x'.repeat(100_000));
    expect(error?.message.length).toBeLessThan(200);
  });
});

describe('arguments', () => {
  const tooLarge = `0x1${'0'.repeat(64)}`;
  const cases: [string, unknown[], string][] = [
    ['eth_getBalance', [], 'missing value for required argument 0'],
    ['eth_getBalance', [null], 'missing value for required argument 0'],
    ['eth_getBalance', [ADDRESS, 'latest', 1], 'too many arguments, want at most 2'],
    ['eth_getBalance', ['0x1'], 'invalid argument 0: hex string of odd length'],
    ['eth_getBalance', [`${ADDRESS}00`], 'invalid argument 0: hex string has length 42, want 40'],
    ['eth_getBalance', [ADDRESS.slice(2)], 'invalid argument 0: hex string without 0x prefix'],
    [
      'eth_getBalance',
      [ADDRESS, '0x01'],
      'invalid argument 1: hex number with leading zero digits',
    ],
    ['eth_getBalance', [ADDRESS, -1], 'invalid argument 1: non-string'],
    ['eth_getBalance', [ADDRESS, 'recent'], 'invalid argument 1: hex string without 0x prefix'],
    ['eth_getBlockByNumber', ['0x1', 'yes'], 'invalid argument 1: non-boolean'],
    ['eth_call', ['0x'], 'invalid argument 0: transaction object expected'],
    ['eth_call', [{ value: 1 }], 'invalid argument 0: value: non-string'],
    ['eth_call', [{ value: '-0x1' }], 'invalid argument 0: value: hex string without 0x prefix'],
    ['eth_call', [{ value: '0x1.8' }], 'invalid argument 0: value: invalid hex string'],
    ['eth_call', [{ value: tooLarge }], 'invalid argument 0: value: hex number > 256 bits'],
    ['eth_call', [{ gas: tooLarge }], 'invalid argument 0: gas: hex number > 64 bits'],
    ['eth_call', [{ accessList: {} }], 'invalid argument 0: accessList: non-array'],
    ['eth_call', [{}, 'latest', { x: {} }], 'invalid argument 2: x is not an address'],
    ['eth_call', [{}, 'latest', { [ADDRESS]: { balance: 5 } }], 'non-string'],
    ['eth_call', [{}, 'latest', { [ADDRESS]: { bal: '0x5' } }], 'Unrecognized key'],
    ['eth_call', [{}, 'latest', { [ADDRESS]: { state: {}, stateDiff: {} } }], "both 'state' and"],
    ['eth_getLogs', [[]], 'invalid argument 0'],
    ['eth_getLogs', [{ topics: 'x' }], 'topics: non-array topics'],
    ['eth_getLogs', [{ topics: [null, null, null, null, null] }], 'exceed max topics'],
    ['eth_getLogs', [{ topics: ['0x1'] }], 'invalid topic'],
    ['eth_getLogs', [{ address: Array(1001).fill(ADDRESS) }], 'exceed max addresses'],
    ['eth_getStorageAt', [ADDRESS, 'zz'], 'unable to decode storage key'],
    ['eth_getProof', [ADDRESS, Array(1025).fill('0x0')], 'too many keys'],
    ['eth_feeHistory', [-1, 'latest'], 'a number of blocks expected'],
    ['eth_sendRawTransaction', ['0xzz'], 'invalid argument 0: invalid hex string'],
    ['eth_sendTransaction', [{}], "'from' is needed"],
    ['evm_mine', [{ blocks: 1e9 }], 'from 1 to 10000 blocks'],
    ['eth_getFilterChanges', ['0x'.padEnd(100, '0')], 'invalid id'],
    ['eth_signTypedData_v4', [ADDRESS, 'not json'], 'invalid argument 1'],
    [
      'eth_signTypedData_v4',
      [ADDRESS, { types: {}, primaryType: 'A', domain: {}, message: {} }],
      'typed data',
    ],
  ];
  test.each(cases.map((each) => ({ title: JSON.stringify(each).slice(0, 100), each })))(
    '$title',
    async ({ each: [method, params, reason] }) => {
      const { error } = await running.request(method, params);
      expect(error?.code).toBe(-32602);
      expect(error?.message).toContain(reason);
    },
  );

  test('with __proto__ in them change nothing', async () => {
    const body =
      '{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"__proto__":{"to":"0x1"}},"latest",{"__proto__":{"nonce":"0x1"}}]}';
    JSON.parse((await running.post(body)).text);
    expect(({} as { nonce?: unknown }).nonce).toBeUndefined();
  });
});

describe('whatever is sent', () => {
  const anyRequest = fc.record(
    {
      jsonrpc: fc.constantFrom('2.0', '1.0', 2),
      id: fc.oneof(fc.nat(), fc.string(), fc.constant(null), fc.jsonValue()),
      method: fc.oneof(fc.constantFrom(...standardMethods.map(({ name }) => name)), fc.string()),
      params: fc.oneof(fc.array(anyArgument(), { maxLength: 4 }), fc.jsonValue()),
    },
    { requiredKeys: ['method'] },
  );
  const anyMessage = fc.oneof(
    fc.jsonValue().map((value) => JSON.stringify(value)),
    anyRequest.map((value) => JSON.stringify(value)),
    fc.array(anyRequest, { maxLength: 5 }).map((value) => JSON.stringify(value)),
    fc.string(),
  );

  test('HTTP answers JSON-RPC or nothing, and never loses its head', async () => {
    await fc.assert(
      fc.asyncProperty(anyMessage, async (message) => {
        const { status, text } = await running.post(message);
        expect([200, 204]).toContain(status);
        const answers = status === 204 ? [] : [JSON.parse(text)].flat();
        for (const answer of answers) {
          expect(answer.jsonrpc).toBe('2.0');
          expect('result' in answer !== 'error' in answer).toBe(true);
          expect(answer.error?.code).not.toBe(-32603);
        }
      }),
      { numRuns: 600 },
    );
    expect(await running.result('eth_chainId')).toBe('0x7a69');
  });

  test('a WebSocket stays open and answers what comes after', async () => {
    await fc.assert(
      fc.asyncProperty(anyMessage, async (message) => {
        socket.webSocket.send(message);
        expect((await socket.request('eth_chainId')).result).toBe('0x7a69');
      }),
      { numRuns: 200 },
    );
  });
});

/** Arguments that come close to what methods want. */
function anyArgument(): fc.Arbitrary<unknown> {
  const hex = fc.bigInt({ min: 0n, max: 2n ** 257n }).map((value) => `0x${value.toString(16)}`);
  const scalar = fc.oneof(
    hex,
    fc.constantFrom('latest', 'pending', 'earliest', ADDRESS, '0x', '', null, true),
    fc.string(),
    fc.double(),
  );
  const members = fc.constantFrom(
    'from',
    'to',
    'value',
    'gas',
    'data',
    'input',
    'gasPrice',
    'maxFeePerGas',
    'nonce',
    'accessList',
    'fromBlock',
    'toBlock',
    'address',
    'topics',
    'blockHash',
    'blockNumber',
    'blocks',
    ADDRESS,
    '__proto__',
  );
  const object = fc.dictionary(members, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })));
  return fc.oneof(scalar, object, fc.array(scalar, { maxLength: 3 }), fc.jsonValue());
}
