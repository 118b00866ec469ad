/** What a wallet in the browser does where blocks come at intervals: speeding up and cancelling what still waits. */
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { post } from '../../harness/json-rpc.ts';
import { until } from '../../harness/until.ts';
import { followerOf, useNetwork } from '../support/use-network.ts';

const GWEI = 1_000_000_000n;
const ORIGIN = 'chrome-extension://nkbihfbeogaeaoehlefnkodbefgpgknn';
const answerSchema = z.object({
  result: z.unknown().optional(),
  error: z.object({ code: z.number(), message: z.string() }).optional(),
});

// Long enough that what one test sends is in one interval, once it has seen a block.
const network = useNetwork({ nodes: 3, init: ['--block-time', '4'] });
let url = '';

beforeAll(async () => {
  url = network().url(await followerOf(network()));
});

async function ask(method: string, ...params: readonly unknown[]) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const { text } = await post(url, body, { origin: ORIGIN });
  return answerSchema.parse(JSON.parse(text));
}

const result = async (method: string, ...params: readonly unknown[]): Promise<unknown> =>
  (await ask(method, ...params)).result;

/** A transfer to itself; `price` is the fee cap and ten times the tip, wei per gas. */
async function transfer(nonce: number, value: bigint, price: bigint) {
  const account = network().account(5);
  const raw = await account.signTransaction({
    type: 'eip1559',
    chainId: 31_337,
    nonce,
    to: account.address,
    value,
    gas: 21_000n,
    maxFeePerGas: price,
    maxPriorityFeePerGas: price / 10n,
  });
  return await ask('eth_sendRawTransaction', raw);
}

const mined = (hash: unknown) =>
  until(async () => {
    const receipt = await result('eth_getTransactionReceipt', hash);
    expect(receipt).toMatchObject({ transactionHash: hash, status: '0x1' });
  });

it('replaces a pending transaction for a tenth more, and mines only the last', async () => {
  const { address } = network().account(5);
  // A block has just been made: the next is a whole interval away.
  await mined((await transfer(0, 0n, 10n * GWEI)).result);

  const first = await transfer(1, 1n, 10n * GWEI);
  expect(await result('eth_getTransactionReceipt', first.result)).toBeNull();
  expect(await result('eth_getTransactionByHash', first.result)).toMatchObject({
    blockHash: null,
    nonce: '0x1',
  });
  expect(await result('eth_getTransactionCount', address, 'pending')).toBe('0x2');
  expect(await result('eth_getTransactionCount', address, 'latest')).toBe('0x1');

  expect((await transfer(1, 1n, 10n * GWEI)).error?.message).toBe('already known');
  const cheap = await transfer(1, 2n, (10n * GWEI * 105n) / 100n);
  expect(cheap.error?.message).toContain('replacement transaction underpriced');
  const faster = await transfer(1, 2n, 11n * GWEI);
  expect(await result('eth_getTransactionByHash', first.result)).toBeNull();
  const cancelled = await transfer(1, 0n, 13n * GWEI);

  await mined(cancelled.result);
  for (const replaced of [first, faster]) {
    expect(await result('eth_getTransactionReceipt', replaced.result)).toBeNull();
  }
  expect((await transfer(1, 2n, 20n * GWEI)).error?.message).toContain('nonce too low');
});
