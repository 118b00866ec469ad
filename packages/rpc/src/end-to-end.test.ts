/** The server over a real chain in one process, asked by viem. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGenesis, DEV_MNEMONIC, devGenesisFile } from '@praline/chain';
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  http,
  keccak256,
  parseGwei,
  serializeTransaction,
  webSocket,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRpcServer, type RpcServer } from './server/rpc-server.ts';
import { ChainBackend } from './testing/chain-backend.test.support.ts';

const account = mnemonicToAccount(DEV_MNEMONIC);
const other = mnemonicToAccount(DEV_MNEMONIC, { addressIndex: 1 });
/** Logs the topic 0xaa when called without data, reverts with no data otherwise. */
const RUNTIME = '3660115760016000526' + '0aa60206000a1005b60006000fd';
const CREATION = `0x6017600c60003960176000f3${RUNTIME}` as const;
const TOPIC = `0x${'aa'.padStart(64, '0')}` as const;
const TRANSFER = { gas: 21_000n, maxFeePerGas: parseGwei('10'), maxPriorityFeePerGas: 1n };

let folder: string;
let chain: ChainBackend;
let server: RpcServer;
/** What the server logged as nobody's fault but ours. */
const unexpected: unknown[] = [];

async function start(options: { instant: boolean }) {
  folder = mkdtempSync(join(tmpdir(), 'praline-rpc-'));
  chain = await ChainBackend.create(folder, createGenesis(devGenesisFile()), {
    mnemonic: DEV_MNEMONIC,
    ...options,
  });
  server = createRpcServer(chain.backend, {
    port: 0,
    logger: { warn() {}, error: ({ err }) => unexpected.push(err) },
  });
  await server.listen();
}

function clients() {
  const url = `http://127.0.0.1:${server.address.port}`;
  const viemChain = defineChain({
    id: 31_337,
    name: 'Praline',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const transport = http(url, { retryCount: 0 });
  return {
    reader: createPublicClient({ chain: viemChain, transport, pollingInterval: 10 }),
    wallet: createWalletClient({ account, chain: viemChain, transport }),
    node: createWalletClient({ account: account.address, chain: viemChain, transport }),
    live: () =>
      createPublicClient({
        chain: viemChain,
        transport: webSocket(url.replace('http', 'ws'), { retryCount: 0, reconnect: false }),
      }),
  };
}

afterEach(async () => {
  await server.close();
  await chain.close();
  rmSync(folder, { recursive: true });
  expect(unexpected.splice(0)).toEqual([]);
});

describe('with a block for each transaction', () => {
  beforeEach(() => start({ instant: true }));

  test('a wallet reads its own write at once', async () => {
    const { reader, wallet } = clients();
    const hash = await wallet.sendTransaction({ to: other.address, value: 5n });
    const receipt = await reader.getTransactionReceipt({ hash });
    expect(receipt).toMatchObject({ status: 'success', blockNumber: 1n, gasUsed: 21_000n });
    expect(await reader.getTransactionCount({ address: account.address })).toBe(1);
    const before = await reader.getBalance({ address: other.address, blockNumber: 0n });
    expect(await reader.getBalance({ address: other.address })).toBe(before + 5n);
    const block = await reader.getBlock({ includeTransactions: true });
    expect(block.transactions.map((transaction) => transaction.hash)).toEqual([hash]);
    expect(block.transactions[0]).toEqual(await reader.getTransaction({ hash }));
    expect(
      (await reader.getFeeHistory({ blockCount: 2, rewardPercentiles: [50] })).reward,
    ).toHaveLength(2);
  });

  test('a contract is deployed by the node, called, and reverts in geth form', async () => {
    const { reader, node } = clients();
    const deployed = await node.sendTransaction({ data: CREATION });
    const { contractAddress } = await reader.getTransactionReceipt({ hash: deployed });
    if (!contractAddress) throw new Error('no contract was created');
    expect(await reader.getCode({ address: contractAddress })).toBe(`0x${RUNTIME}`);
    const called = await node.sendTransaction({ to: contractAddress });
    const { logs } = await reader.getTransactionReceipt({ hash: called });
    expect(logs).toMatchObject([{ topics: [TOPIC], address: contractAddress }]);
    expect(await reader.getLogs({ address: contractAddress, fromBlock: 0n })).toEqual(logs);

    const params = [{ from: account.address, to: contractAddress, data: '0x01' as Hex }] as const;
    for (const method of ['eth_call', 'eth_estimateGas'] as const) {
      await expect(reader.request({ method, params: [...params] })).rejects.toMatchObject({
        cause: { code: 3, message: 'execution reverted', data: '0x' },
      });
    }
    const state = { [contractAddress]: { code: '0x602a60005260206000f3' as Hex } };
    const overridden = await reader.request({
      method: 'eth_call',
      params: [{ to: contractAddress }, 'latest', state],
    });
    expect(BigInt(overridden)).toBe(42n);
    const accessList = await reader.createAccessList({ to: contractAddress });
    expect(accessList.gasUsed).toBeGreaterThan(21_000n);
  });

  test('filters and subscriptions follow the chain', async () => {
    const { reader, node, live } = clients();
    const socket = live();
    const heads: bigint[] = [];
    const seen = new Promise<void>((resolve) => {
      const unwatch = socket.watchBlocks({
        emitOnBegin: false,
        onBlock: ({ number }) => {
          heads.push(number);
          if (heads.length < 2) return;
          unwatch();
          resolve();
        },
      });
    });
    await expect.poll(() => server.statistics().subscriptions, { timeout: 5000 }).toBe(1);
    const filter = await reader.createBlockFilter();
    await node.sendTransaction({ to: other.address, value: 1n });
    await node.sendTransaction({ to: other.address, value: 1n });
    await seen;
    expect(heads).toEqual([1n, 2n]);
    const hashes = await reader.getFilterChanges({ filter });
    expect(hashes).toEqual([
      (await reader.getBlock({ blockNumber: 1n })).hash,
      (await reader.getBlock({ blockNumber: 2n })).hash,
    ]);
    await (await socket.transport.getRpcClient()).close();
  });

  test('a transaction that can not be is refused in the words tools know', async () => {
    const { reader, wallet } = clients();
    const sign = async (fields: object) =>
      account.signTransaction({
        chainId: 31_337,
        type: 'eip1559',
        to: other.address,
        nonce: 0,
        ...TRANSFER,
        ...fields,
      });
    const refusal = (serializedTransaction: Hex) =>
      reader.request({ method: 'eth_sendRawTransaction', params: [serializedTransaction] }).then(
        () => 'taken',
        (error: { details: string }) => error.details,
      );
    await wallet.sendRawTransaction({ serializedTransaction: await sign({}) });
    expect(await refusal(await sign({ value: 1n }))).toMatch(/^nonce too low/);
    expect(await refusal(await sign({ nonce: 1, value: 10n ** 30n }))).toMatch(
      /^insufficient funds for gas \* price \+ value/,
    );
    expect(await refusal(await sign({ nonce: 1, gas: 20_999n }))).toMatch(/^intrinsic gas too low/);
    expect(await refusal(await sign({ nonce: 1, chainId: 5 }))).toMatch(
      /invalid chain id for signer/,
    );
    const unsigned = serializeTransaction({ chainId: 31_337, type: 'eip1559', ...TRANSFER });
    expect(await refusal(unsigned)).not.toBe('taken');
    expect(await refusal('0x')).not.toBe('taken');
  });
});

describe('with blocks made on demand', () => {
  beforeEach(() => start({ instant: false }));

  test('transactions wait in the pool, are replaced there, and get mined', async () => {
    const { reader, wallet } = clients();
    const first = { to: other.address, nonce: 0, ...TRANSFER };
    const serializedTransaction = await wallet.signTransaction(
      await wallet.prepareTransactionRequest(first),
    );
    const hash = await wallet.sendRawTransaction({ serializedTransaction });
    expect(hash).toBe(keccak256(serializedTransaction));
    await expect(wallet.sendRawTransaction({ serializedTransaction })).rejects.toThrow(
      'already known',
    );
    await expect(wallet.sendTransaction({ ...first, value: 1n })).rejects.toThrow(
      'replacement transaction underpriced',
    );
    const { address } = account;
    expect(await reader.getTransactionCount({ address })).toBe(0);
    expect(await reader.getTransactionCount({ address, blockTag: 'pending' })).toBe(1);
    expect((await reader.getTransaction({ hash })).blockHash).toBeNull();
    const pending = await reader.request({
      method: 'eth_getBlockByNumber',
      params: ['pending', false],
    });
    expect(pending).toMatchObject({ number: '0x1', hash: null, transactions: [hash] });

    await reader.request({ method: 'evm_mine' as never, params: [] as never });
    expect((await reader.getTransactionReceipt({ hash })).status).toBe('success');
    expect(
      await reader.request({ method: 'txpool_status' as never, params: undefined as never }),
    ).toEqual({
      pending: '0x0',
      queued: '0x0',
    });
  });
});
