/** A subscriber on a follower, over viem's WebSocket: what it hears while the leader dies is whole, in order, and heard once. */
import { createPublicClient, type Hex, keccak256, webSocket } from 'viem';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { until } from '../../harness/until.ts';
import { followerOf, useNetwork } from '../support/use-network.ts';

const network = useNetwork({ nodes: 3 });
/** LOG0 with no data, whatever is sent. */
const LOGGER = '0x00000000000000000000000000000000000f0001';
const LOGGER_CODE = '0x5f5fa000';
const PER_PHASE = 8;

const headSchema = z.object({ number: z.string(), hash: z.string(), parentHash: z.string() });
const logSchema = z.object({ transactionHash: z.string(), removed: z.literal(false) });

const heard = {
  heads: [] as z.infer<typeof headSchema>[],
  logs: [] as string[],
  pending: [] as string[],
  errors: [] as unknown[],
};
let follower = 0;
let close = () => {};

beforeAll(async () => {
  follower = await followerOf(network());
  await network().rpc(follower, 'hardhat_setCode', [LOGGER, LOGGER_CODE]);
  const url = network().url(follower, 'ws');
  const transport = webSocket(url, { reconnect: false, keepAlive: false });
  const client = createPublicClient({ transport });
  close = () => void client.transport.getRpcClient().then((socket) => socket.close());
  const { subscribe } = client.transport;
  const onError = (error: unknown) => heard.errors.push(error);
  await subscribe({
    params: ['newHeads'],
    onData: ({ result }) => heard.heads.push(headSchema.parse(result)),
    onError,
  });
  await subscribe({
    params: ['logs', { address: LOGGER }],
    onData: ({ result }) => heard.logs.push(logSchema.parse(result).transactionHash),
    onError,
  });
  await subscribe({
    params: ['newPendingTransactions'],
    onData: ({ result }) => heard.pending.push(z.string().parse(result)),
    onError,
  });
});

afterAll(() => close());

let nonce = 0;

/** Each is repeated until its receipt is there, as a wallet does that hears nothing. Answers the hashes. */
async function sendSome(count: number): Promise<Hex[]> {
  const account = network().account(3);
  const hashes: Hex[] = [];
  for (let sent = 0; sent < count; sent++, nonce++) {
    const raw = await account.signTransaction({
      type: 'eip1559',
      chainId: 31_337,
      nonce,
      to: LOGGER,
      gas: 100_000n,
      maxFeePerGas: 10_000_000_000n,
      maxPriorityFeePerGas: 1_000_000_000n,
    });
    const hash = keccak256(raw);
    await until(async () => {
      await network()
        .rpc(follower, 'eth_sendRawTransaction', [raw])
        .catch((error: unknown) => {
          // An attempt whose answer was an error may have been taken all the same.
          if (!/nonce too low|already known|agree/.test(String(error))) throw error;
        });
      expect(await network().rpc(follower, 'eth_getTransactionReceipt', [hash])).not.toBeNull();
    });
    hashes.push(hash);
  }
  return hashes;
}

it('hears every block, log and pending transaction once while the leader is killed', async () => {
  const start = await network().height(follower);
  const hashes = await sendSome(PER_PHASE);
  const { number: leader } = await network().leader();
  expect(leader).not.toBe(follower);
  const dying = network().end('SIGKILL', leader);
  hashes.push(...(await sendSome(PER_PHASE)));
  await dying;
  hashes.push(...(await sendSome(PER_PHASE)));

  const height = await network().agreedHeads();
  const expected = await network().hashes(follower, height);
  await until(() => {
    expect(heard.errors).toEqual([]);
    expect(heard.heads.map(({ hash }) => hash)).toEqual(expected.slice(start + 1));
    expect(heard.logs).toEqual(hashes);
    expect(heard.pending).toEqual(hashes);
  });
  expect(heard.heads.map(({ number }) => Number(number))).toEqual(
    expected.slice(start + 1).map((_, index) => start + 1 + index),
  );
});
