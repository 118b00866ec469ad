/** What clients get wrong: precise errors with the standard codes, the same at leader and follower, and nothing stops. */
import { connect } from 'node:net';
import { type Hex, keccak256 } from 'viem';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { JsonRpcError, post } from '../harness/json-rpc.ts';
import { until } from '../harness/until.ts';
import { useNetwork } from './support/use-network.ts';

const network = useNetwork({ nodes: 3 });
const RECIPIENT = '0x00000000000000000000000000000000000c0001';
let chainId = 0;
let nodes: readonly (readonly [string, number])[] = [];

beforeAll(async () => {
  const { number } = await network().leader();
  chainId = Number(await network().rpc<string>(1, 'eth_chainId'));
  const follower = network().numbers.find((candidate) => candidate !== number) ?? 0;
  nodes = [
    ['leader', number],
    ['follower', follower],
  ];
});

afterEach(async () => {
  expect(network().running, 'nothing stopped').toEqual([1, 2, 3]);
  await network().leader();
});

interface Fields {
  readonly account: number;
  readonly nonce: number;
  readonly value?: bigint;
  readonly price?: bigint;
  readonly gas?: bigint;
  readonly chainId?: number;
}

async function signed(fields: Fields): Promise<Hex> {
  return await network()
    .account(fields.account)
    .signTransaction({
      type: 'eip1559',
      chainId: fields.chainId ?? chainId,
      nonce: fields.nonce,
      to: RECIPIENT,
      value: fields.value ?? 1n,
      gas: fields.gas ?? 21_000n,
      maxFeePerGas: fields.price ?? 10_000_000_000n,
      maxPriorityFeePerGas: fields.price ?? 1_000_000_000n,
    });
}

async function refusal(method: string, params: readonly unknown[]): Promise<string> {
  const answers: string[] = [];
  for (const [, number] of nodes) {
    const error = await network()
      .rpc(number, method, params)
      .then(
        (result) => new Error(`answered ${JSON.stringify(result)}`),
        (reason: unknown) => reason,
      );
    expect(error).toBeInstanceOf(JsonRpcError);
    if (error instanceof JsonRpcError) answers.push(`${error.code} ${error.message}`);
  }
  expect(new Set(answers).size, answers.join('\n')).toBe(1);
  return answers[0] ?? '';
}

const nonceOf = async (account: number) =>
  Number(
    await network().rpc<string>(1, 'eth_getTransactionCount', [
      network().account(account).address,
      'latest',
    ]),
  );

describe('requests', () => {
  it.each([
    ['{"jsonrpc":"2.0","id":1,"method":', -32700],
    ['', -32700],
    ['[]', -32600],
    ['42', -32600],
    ['{"jsonrpc":"2.0","id":1}', -32600],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_nothing","params":[]}', -32601],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":["0x12","latest"]}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_getBalance","params":[7]}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_getBlockByNumber","params":["0xzz",false]}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{"to":"0x1"},"latest"]}', -32602],
    ['{"jsonrpc":"2.0","id":1,"method":"eth_sendRawTransaction","params":[]}', -32602],
  ])('%s answers %d', async (body, code) => {
    for (const [, number] of nodes) {
      const { text } = await post(network().url(number), body);
      const answer: unknown = JSON.parse(text);
      expect(answer).toMatchObject({ error: { code } });
    }
  });

  it('in a batch each get their own answer', async () => {
    const good = { jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] };
    const bad = { jsonrpc: '2.0', id: 2, method: 'eth_nothing', params: [] };
    const { text } = await post(network().url(1), JSON.stringify([good, bad, 7]));
    const answers: unknown = JSON.parse(text);
    expect(answers).toEqual([
      expect.objectContaining({ id: 1, result: `0x${chainId.toString(16)}` }),
      expect.objectContaining({ id: 2, error: expect.objectContaining({ code: -32601 }) }),
      expect.objectContaining({ id: null, error: expect.objectContaining({ code: -32600 }) }),
    ]);
  });

  it('that are too large are refused, whether they say so or not', async () => {
    const huge = `{"jsonrpc":"2.0","id":1,"method":"web3_sha3","params":["0x${'00'.repeat(16 * 1024 * 1024)}"]}`;
    // The server may answer, or hang up before it has read everything.
    const outcome = await post(network().url(1), huge).catch((error: unknown) => error);
    if (!(outcome instanceof Error)) expect(outcome).toMatchObject({ status: 413 });
    expect(await network().rpc(1, 'eth_chainId')).toBe(`0x${chainId.toString(16)}`);
  });

  it('from a web page, for another host, or of another type are refused', async () => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"eth_accounts","params":[]}';
    const url = network().url(1);
    const page = await post(url, body, { origin: 'https://evil.example' });
    expect(page.status).toBe(403);
    const text = await post(url, body, { 'content-type': 'text/plain' });
    expect(text.status).toBe(415);
    // `fetch` sets the Host header itself, so this one is written by hand.
    expect(
      await statusLine(
        `POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
    ).toMatch(/ 403 /);
    expect((await post(url, body)).status).toBe(200);
  });

  it('that are no HTTP, on either port, close their own connection only', async () => {
    const [node] = network().cluster.nodes;
    for (const port of [node?.port ?? 0, node?.rpcPort ?? 0]) {
      for (const bytes of [
        Buffer.alloc(70_000, 0xff),
        Buffer.from('\u0016\u0003\u0001garbage\r\n'),
      ]) {
        await closedAfter(port, bytes);
      }
    }
  });
});

/** First line of the answer to raw bytes on node 1's RPC port. */
function statusLine(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(network().cluster.nodes[0]?.rpcPort ?? 0, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
      if (!answer.includes('\r\n')) return;
      resolve(answer.split('\r\n')[0] ?? '');
      socket.destroy();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.write(request);
  });
}

function closedAfter(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.resume();
    socket.end(bytes);
  });
}

describe('transactions', () => {
  it('with a broken signature or form', async () => {
    const raw = await signed({ account: 1, nonce: await nonceOf(1) });
    // The last 32 bytes are s; all ones is beyond half the curve's order (EIP-2).
    const highS: Hex = `0x${raw.slice(2, -64)}${'f'.repeat(64)}`;
    expect(await refusal('eth_sendRawTransaction', [highS])).toMatch(
      /^-32\d+ .*sign|sender|invalid/i,
    );
    expect(await refusal('eth_sendRawTransaction', ['0x02'])).toMatch(/^-32\d+ /);
    expect(await refusal('eth_sendRawTransaction', ['0x'])).toMatch(/^-32\d+ /);
  });

  it('with a nonce of the past, too little money, too little gas, or for another chain', async () => {
    await network().rpc(1, 'eth_sendRawTransaction', [await signed({ account: 2, nonce: 0 })]);
    await network().agreedHashes();
    const other = await signed({ account: 2, nonce: 0, value: 9n });
    expect(await refusal('eth_sendRawTransaction', [other])).toMatch(/^-32000 .*nonce too low/);
    const rich = await signed({ account: 2, nonce: 1, value: 10n ** 30n });
    expect(await refusal('eth_sendRawTransaction', [rich])).toMatch(/^-32000 .*insufficient funds/);
    const low = await signed({ account: 2, nonce: 1, gas: 20_000n });
    expect(await refusal('eth_sendRawTransaction', [low])).toMatch(/^-32000 .*intrinsic gas/);
    const foreign = await signed({ account: 2, nonce: 1, chainId: 5 });
    expect(await refusal('eth_sendRawTransaction', [foreign])).toMatch(/^-32000 .*chain/i);
  });

  it('behind a nonce gap are kept, answered at once, and mined when it closes, at any node', async () => {
    const second = await signed({ account: 3, nonce: 1 });
    const [, [, follower] = ['', 0]] = nodes;
    const hash = await network().rpc(follower, 'eth_sendRawTransaction', [second]);
    expect(hash).toBe(keccak256(second));
    expect(await network().rpc(follower, 'eth_getTransactionReceipt', [hash])).toBeNull();
    expect(await network().rpc(follower, 'txpool_status')).toMatchObject({ queued: '0x1' });

    const first = await signed({ account: 3, nonce: 0 });
    await network().rpc(1, 'eth_sendRawTransaction', [first]);
    await until(async () => {
      const receipt = await network().rpc(follower, 'eth_getTransactionReceipt', [hash]);
      expect(receipt).toMatchObject({ status: '0x1' });
    });
    expect(await network().rpc(follower, 'txpool_status')).toMatchObject({ queued: '0x0' });
  });

  it('replace a pending one only for a price at least a tenth higher', async () => {
    const [, [, follower] = ['', 0]] = nodes;
    const send = async (fields: Omit<Fields, 'account' | 'nonce'>) =>
      await network().rpc<string>(follower, 'eth_sendRawTransaction', [
        await signed({ account: 4, nonce: 1, ...fields }),
      ]);
    await send({ price: 10_000_000_000n });
    for (const price of [10_000_000_000n, 10_900_000_000n]) {
      await expect(send({ price, value: 2n })).rejects.toMatchObject({
        code: -32000,
        message: expect.stringContaining('replacement transaction underpriced'),
      });
    }
    const replaced = await send({ price: 11_000_000_000n, value: 3n });
    await network().rpc(follower, 'eth_sendRawTransaction', [
      await signed({ account: 4, nonce: 0 }),
    ]);
    await until(async () => {
      const receipt = await network().rpc(follower, 'eth_getTransactionReceipt', [replaced]);
      expect(receipt).toMatchObject({ status: '0x1' });
    });
  });

  it('sent twice are mined once', async () => {
    const raw = await signed({ account: 5, nonce: await nonceOf(5), value: 17n });
    const answers = await Promise.allSettled(
      network().numbers.map((number) => network().rpc(number, 'eth_sendRawTransaction', [raw])),
    );
    expect(answers.some((answer) => answer.status === 'fulfilled')).toBe(true);
    for (const answer of answers) {
      if (answer.status === 'rejected') {
        expect(String(answer.reason)).toMatch(/already known|nonce too low/);
      }
    }
    await network().agreedHashes();
    expect(await nonceOf(5)).toBe(1);
  });

  it('from an account the node does not hold', async () => {
    const unknown = { from: RECIPIENT, to: RECIPIENT, value: '0x0' };
    expect(await refusal('eth_sendTransaction', [unknown])).toMatch(/^-32000 .*account/i);
  });
});
