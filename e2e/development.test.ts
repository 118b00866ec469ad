/** viem's test client and Hardhat's calls, asked of a follower: the same on all nodes, after a killed leader and a restart. */
import {
  createTestClient,
  createWalletClient,
  defineChain,
  http,
  parseEther,
  publicActions,
} from 'viem';
import { beforeAll, describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { followerOf, useNetwork } from './support/use-network.ts';

const network = useNetwork({ nodes: 3 });
const RICH = '0x00000000000000000000000000000000000e0001';
const SENDER = '0x00000000000000000000000000000000000e0002';
/** Sends its input to the address of `console.log`. */
const PRINTER = '0x00000000000000000000000000000000000e0003';
const PRINTER_CODE = '0x365f5f375f5f365f73000000000000000000636f6e736f6c652e6c6f675afa00';
let follower = 0;

beforeAll(async () => {
  follower = await followerOf(network());
});

function clientOf(number: number) {
  const url = network().url(number);
  const chain = defineChain({
    id: 31_337,
    name: 'praline',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const transport = http(url);
  return {
    test: createTestClient({ mode: 'anvil', chain, transport }).extend(publicActions),
    wallet: createWalletClient({ chain, transport }),
  };
}

/** All nodes answer this. */
async function onAll(expected: unknown, method: string, params: readonly unknown[]): Promise<void> {
  await until(async () => {
    const answers = await Promise.all(
      network().numbers.map((number) => network().rpc<unknown>(number, method, [...params])),
    );
    expect(answers).toEqual(answers.map(() => expected));
  });
}

describe("viem's test client through a follower", () => {
  it('sets accounts, time and fees of the whole network', async () => {
    const { test } = clientOf(follower);
    await test.setBalance({ address: RICH, value: parseEther('2') });
    await test.setCode({ address: RICH, bytecode: '0x6001' });
    await test.setNonce({ address: RICH, nonce: 7 });
    await test.setStorageAt({ address: RICH, index: 2, value: `0x${'00'.repeat(31)}09` });
    await onAll('0x1bc16d674ec80000', 'eth_getBalance', [RICH, 'latest']);
    await onAll('0x6001', 'eth_getCode', [RICH, 'latest']);
    await onAll(`0x${'00'.repeat(31)}09`, 'eth_getStorageAt', [RICH, '0x2', 'latest']);
    const { timestamp } = await test.getBlock();
    await test.setNextBlockTimestamp({ timestamp: timestamp + 5_000n });
    await test.setNextBlockBaseFeePerGas({ baseFeePerGas: 123n });
    await test.mine({ blocks: 1 });
    const block = await test.getBlock();
    expect(block).toMatchObject({ timestamp: timestamp + 5_000n, baseFeePerGas: 123n });
    await test.increaseTime({ seconds: 1_000 });
    await test.mine({ blocks: 2, interval: 60 });
    expect((await test.getBlock()).timestamp).toBeGreaterThanOrEqual(block.timestamp + 1_060n);
  });

  it('sends for an impersonated account', async () => {
    const { test, wallet } = clientOf(follower);
    await test.setBalance({ address: SENDER, value: parseEther('1') });
    await test.impersonateAccount({ address: SENDER });
    const hash = await wallet.sendTransaction({ account: SENDER, to: RICH, value: 1n });
    expect(await test.getTransactionReceipt({ hash })).toMatchObject({ status: 'success' });
    await network().agreedHashes();
    await test.stopImpersonatingAccount({ address: SENDER });
    await expect(wallet.sendTransaction({ account: SENDER, to: RICH, value: 1n })).rejects.toThrow(
      'unknown account',
    );
  });

  it('shows what a contract printed, and who called it, on every node', async () => {
    const { test, wallet } = clientOf(follower);
    await test.setCode({ address: PRINTER, bytecode: PRINTER_CODE });
    const [account] = await wallet.getAddresses();
    if (account === undefined) throw new Error('the network has no accounts');
    const data = `0xf82c50f1${'2a'.padStart(64, '0')}` as const;
    const hash = await wallet.sendTransaction({ account, to: PRINTER, data });
    await onAll(['42'], 'debug_consoleLog', [hash]);
    const nonce = (await test.getTransaction({ hash })).nonce;
    await onAll(hash, 'ots_getTransactionBySenderAndNonce', [account, nonce]);
    await until(async () => {
      for (const number of network().numbers) {
        const { txs } = await network().rpc<{ txs: { hash: string }[] }>(
          number,
          'ots_searchTransactionsBefore',
          [PRINTER, 0, 25],
        );
        expect(txs.map((one) => one.hash)).toEqual([hash]);
        // The estimate before the transaction printed too, and is not told.
        const metrics = await (await fetch(`${network().url(number)}/metrics`)).text();
        expect(metrics).toMatch(/^praline_console_lines_total 1$/m);
      }
    });
  });

  it('takes blocks off, replaces others, and loads a state that was dumped', async () => {
    const { test } = clientOf(follower);
    const rpc = (method: string, ...params: unknown[]) =>
      network().rpc<unknown>(follower, method, params);
    await test.mine({ blocks: 3 });
    const height = await test.getBlockNumber();
    await rpc('anvil_rollback', 1);
    await onAll(`0x${(height - 1n).toString(16)}`, 'eth_blockNumber', []);
    const { hash } = await test.getBlock();
    const account = network().account(0);
    const raw = await account.signTransaction({
      chainId: 31_337,
      nonce: await test.getTransactionCount({ address: account.address }),
      to: RICH,
      value: 2n,
      gas: 21_000n,
      gasPrice: 10n ** 11n,
    });
    await rpc('anvil_reorg', 2, [[raw, 1]]);
    const block = await test.getBlock();
    expect(block).toMatchObject({ number: height - 1n, transactions: [expect.any(String)] });
    expect(block.hash).not.toBe(hash);
    await network().agreedHashes();
    const state = await test.dumpState();
    await test.setBalance({ address: SENDER, value: 77n });
    await test.setCode({ address: RICH, bytecode: '0x' });
    await test.loadState({ state });
    await onAll('0x6001', 'eth_getCode', [RICH, 'latest']);
    await network().agreedHashes();
  });

  it('goes back to a snapshot after the leader was killed and all nodes were started again', async () => {
    const { test } = clientOf(follower);
    const height = await test.getBlockNumber();
    const id = await test.snapshot();
    await test.mine({ blocks: 3 });
    await test.setBalance({ address: RICH, value: 5n });
    const { number: leader } = await network().leader();
    await network().end('SIGKILL', leader);
    await network().leader();
    await network().end('SIGKILL');
    await network().start();
    await network().leader();
    await onAll('0x5', 'eth_getBalance', [RICH, 'latest']);
    await clientOf(await followerOf(network())).test.revert({ id });
    await onAll(`0x${height.toString(16)}`, 'eth_blockNumber', []);
    await onAll('0x1bc16d674ec80001', 'eth_getBalance', [RICH, 'latest']);
    await network().agreedHashes();
  });
});

it("answers Hardhat's network helpers, which look at the name of the node first", async () => {
  const rpc = (method: string, ...params: unknown[]) =>
    network().rpc<unknown>(follower, method, params);
  expect(String(await rpc('web3_clientVersion')).toLowerCase()).toMatch(/^anvil/);
  expect(await rpc('hardhat_setBalance', RICH, '0x1')).toBe(true);
  expect(await rpc('hardhat_setPrevRandao', `0x${'07'.repeat(32)}`)).toBe(true);
  expect(await rpc('hardhat_mine', '0x2', '0xa')).toBe(true);
  const id = await rpc('evm_snapshot');
  await rpc('hardhat_mine');
  expect(await rpc('evm_revert', id)).toBe(true);
  expect(await rpc('evm_revert', id)).toBe(false);
});
