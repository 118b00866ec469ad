/** web3.js 1.10 through a follower: contracts, reverts with their reason, batches, subscriptions over WebSocket. */
import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Eth } from 'web3-eth-1';
import { until } from '../../harness/until.ts';
import { followerOf, privateKeyOf, useNetwork } from '../support/use-network.ts';
import { COUNTER } from './counter.ts';

/** The package exports the class itself, which its types do not say. */
const EthClient = createRequire(import.meta.url)('web3-eth-1') as typeof Eth;

const network = useNetwork({ nodes: 3 });
const abiItems = [...COUNTER.abi] as unknown as ConstructorParameters<Eth['Contract']>[0];
let eth: Eth;
let socket: Eth;
let from = '';

beforeAll(async () => {
  const follower = await followerOf(network());
  eth = new EthClient(network().url(follower));
  socket = new EthClient(network().url(follower, 'ws'));
  [from = ''] = await eth.getAccounts();
});

afterAll(() => {
  const { currentProvider } = socket;
  if (currentProvider instanceof Object && 'disconnect' in currentProvider) {
    currentProvider.disconnect?.(1000, '');
  }
});

/** A method of the contract, which its ABI defines. */
function call(contract: Awaited<ReturnType<typeof deployed>>, name: string, ...given: number[]) {
  const method: unknown = contract.methods[name];
  if (typeof method !== 'function') throw new Error(`the contract has no function ${name}`);
  return method(...given);
}

async function deployed(client: Eth) {
  const factory = new client.Contract(abiItems);
  const deployment = factory.deploy({ data: COUNTER.bytecode, arguments: [3] });
  return await deployment.send({ from, gas: 1_000_000 });
}

it("sends from the node's accounts, at its gas price, and from a wallet of its own", async () => {
  const account = eth.accounts.wallet.add(privateKeyOf(network().account(2)));
  const gasPrice = await eth.getGasPrice();
  for (const request of [{ from }, { from, gasPrice }, { from: account.address, gas: 21_000 }]) {
    const receipt = await eth.sendTransaction({ ...request, to: from, value: '1' });
    expect(receipt).toMatchObject({ status: true, gasUsed: 21_000 });
  }
});

it('writes to a contract, reads it, and finds its events', async () => {
  const counter = await deployed(eth);
  const receipt = await call(counter, 'set', 9).send({ from });
  expect(receipt.events.Changed.returnValues).toMatchObject({ value: '9' });
  expect(await call(counter, 'value').call()).toBe('9');
  expect(
    await counter.getPastEvents('Changed', { fromBlock: 0, filter: { by: from } }),
  ).toHaveLength(1);
});

it('tells why a call or a mined transaction reverted', async () => {
  const counter = await deployed(eth);
  const nope = call(counter, 'nope');
  await expect(nope.call()).rejects.toThrow('execution reverted: nope');
  await expect(nope.estimateGas({ from })).rejects.toThrow('execution reverted: nope');
  counter.handleRevert = true;
  await expect(nope.call()).rejects.toMatchObject({ reason: 'nope' });
  await expect(nope.send({ from, gas: 100_000 })).rejects.toMatchObject({
    reason: 'nope',
    receipt: { status: false },
  });
});

it('hears of blocks, pending transactions and past and new events over WebSocket', async () => {
  const counter = await deployed(socket);
  await call(counter, 'set', 1).send({ from });
  const heard: Record<'blocks' | 'pending' | 'values', unknown[]> = {
    blocks: [],
    pending: [],
    values: [],
  };
  const subscribed = [
    socket.subscribe('newBlockHeaders').on('data', ({ number }) => heard.blocks.push(number)),
    socket.subscribe('pendingTransactions').on('data', (hash) => heard.pending.push(hash)),
  ].map((subscription) => new Promise((resolve) => subscription.on('connected', resolve)));
  counter.events['Changed']?.({ fromBlock: 0 }).on(
    'data',
    (event: { returnValues: { value: string } }) => {
      heard.values.push(event.returnValues.value);
    },
  );
  await Promise.all(subscribed);
  const start = await socket.getBlockNumber();
  const hashes: unknown[] = [];
  for (const value of [2, 3]) {
    hashes.push((await call(counter, 'set', value).send({ from })).transactionHash);
  }
  await until(() => {
    expect(heard.values).toEqual(['1', '2', '3']);
    expect(heard.blocks).toEqual([start + 1, start + 2]);
    expect(heard.pending).toEqual(hashes);
  });
});
