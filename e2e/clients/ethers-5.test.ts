/** ethers 5 through a follower: contracts, the words it makes of reverts and refusals, events over HTTP and WebSocket. */
import { type Contract, ContractFactory, providers, Wallet } from 'ethers-5';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../harness/until.ts';
import { followerOf, privateKeyOf, useNetwork } from '../support/use-network.ts';
import { COUNTER } from './counter.ts';

const network = useNetwork({ nodes: 3 });
let follower = 0;
let wallet: Wallet;
let socket: providers.WebSocketProvider;
let counter: Contract;

beforeAll(async () => {
  follower = await followerOf(network());
  const provider = new providers.StaticJsonRpcProvider(network().url(follower));
  provider.pollingInterval = 50;
  wallet = new Wallet(privateKeyOf(network().account(1)), provider);
  socket = new providers.WebSocketProvider(network().url(follower, 'ws'));
  const factory = new ContractFactory([...COUNTER.abi] as never, COUNTER.bytecode, wallet);
  counter = await factory.deploy(3);
  await counter.deployed();
});

afterAll(async () => {
  wallet.provider.removeAllListeners();
  await socket.destroy();
});

const method = (name: string, ...given: unknown[]): Promise<unknown> =>
  counter.functions[name]?.(...given) ?? Promise.reject(new Error(`no function ${name}`));
const callStatic = (name: string, ...given: unknown[]): Promise<unknown> =>
  counter.callStatic[name]?.(...given) ?? Promise.reject(new Error(`no function ${name}`));

it('sends transactions of every type that a wallet signs', async () => {
  const gasPrice = await wallet.getGasPrice();
  const to = wallet.address;
  for (const request of [{ to, type: 0 }, { to, type: 1, gasPrice, accessList: [] }, { to }]) {
    const receipt = await (await wallet.sendTransaction({ ...request, value: 1 })).wait();
    expect(receipt).toMatchObject({ status: 1, type: request.type ?? 2 });
  }
});

it('reads what it wrote, from a contract', async () => {
  const sent = (await method('set', 8)) as providers.TransactionResponse;
  await sent.wait();
  expect(String(await callStatic('value'))).toBe('8');
});

it('decodes why a call reverts', async () => {
  await expect(callStatic('nope')).rejects.toMatchObject({ reason: 'nope' });
  await expect(callStatic('divide', 0)).rejects.toMatchObject({ errorName: 'Panic' });
  const tooHigh = callStatic('set', 5000);
  await expect(tooHigh).rejects.toMatchObject({ errorName: 'TooHigh' });
  await expect(method('set', 5000)).rejects.toMatchObject({ code: 'UNPREDICTABLE_GAS_LIMIT' });
});

it('recognises a refused transaction by its words', async () => {
  const { address: to } = wallet;
  await expect(wallet.sendTransaction({ to, nonce: 0 })).rejects.toMatchObject({
    code: 'NONCE_EXPIRED',
  });
  const value = (await wallet.getBalance()).mul(2);
  for (const gasLimit of [undefined, 21_000]) {
    const request = { to, value, ...(gasLimit === undefined ? {} : { gasLimit }) };
    await expect(wallet.sendTransaction(request)).rejects.toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
    });
  }
});

it('hears of events and blocks, by polling and by subscription', async () => {
  const heard: Record<'polled' | 'pushed' | 'blocks' | 'pending', unknown[]> = {
    polled: [],
    pushed: [],
    blocks: [],
    pending: [],
  };
  const observer = counter.connect(socket);
  counter.on('Changed', (_by, value) => heard.polled.push(String(value)));
  observer.on('Changed', (_by, value) => heard.pushed.push(String(value)));
  socket.on('block', (number) => heard.blocks.push(number));
  socket.on('pending', (hash) => heard.pending.push(hash));
  // Answers come in order, so the subscriptions asked for before are there; the poll starts from the block it sees.
  const start = await socket.getBlockNumber();
  await wallet.provider.getBlockNumber();
  const hashes: string[] = [];
  for (const value of [21, 22, 23]) {
    const sent = (await method('set', value)) as providers.TransactionResponse;
    hashes.push(sent.hash);
    await sent.wait();
  }
  await until(() => {
    expect(heard.pushed).toEqual(['21', '22', '23']);
    expect(heard.polled).toEqual(expect.arrayContaining(['22', '23']));
    expect(heard.blocks).toEqual([start + 1, start + 2, start + 3]);
    expect(heard.pending).toEqual(hashes);
  });
});
