/** Development methods asked of any node of a cluster hold on all of them, and outlive leaders and restarts. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Cluster, createCluster } from './create-cluster.ts';

const FROM = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const TO = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const RICH = `0x${'ee'.repeat(20)}`;
const ALL = [1, 2, 3] as const;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await createCluster();
});
afterAll(() => cluster.close());

async function ask(node: number, method: string, ...params: unknown[]) {
  const response = await fetch(cluster.rpcUrls[node - 1] ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return (await response.json()) as { result?: unknown; error?: { code: number; message: string } };
}

async function rpc(node: number, method: string, ...params: unknown[]): Promise<unknown> {
  const { result, error } = await ask(node, method, ...params);
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
  return result;
}

/** The answer of all nodes, once it is the same and the expected one. */
async function onAll(expected: unknown, method: string, ...params: unknown[]): Promise<void> {
  await vi.waitFor(
    async () => {
      for (const node of ALL) expect(await rpc(node, method, ...params)).toEqual(expected);
    },
    { timeout: 30_000, interval: 20 },
  );
}

async function leader(): Promise<number> {
  return await vi.waitFor(
    async () => {
      for (const node of ALL) {
        const { result } = await ask(node, 'mokka_status').catch(() => ({ result: undefined }));
        if ((result as { role?: string } | undefined)?.role === 'leader') return node;
      }
      throw new Error('nobody leads');
    },
    { timeout: 30_000, interval: 20 },
  );
}

async function follower(): Promise<number> {
  return ((await leader()) % 3) + 1;
}

/** Another node. */
const nextTo = (node: number) => (node % 3) + 1;

const transfer = (node: number) =>
  rpc(node, 'eth_sendTransaction', { from: FROM, to: TO, value: '0x1' });

// Whole networks in one process: a busy machine takes its time.
describe('development methods', { timeout: 120_000 }, () => {
  it('set state, time and the next block through a follower, and hold on all nodes', async () => {
    const node = await follower();
    expect(await rpc(node, 'hardhat_setBalance', RICH, '0x7')).toBe(true);
    expect(await rpc(node, 'eth_getBalance', RICH, 'latest')).toBe('0x7');
    await rpc(node, 'anvil_setCode', RICH, '0x600760005260206000f3');
    await rpc(node, 'anvil_setStorageAt', RICH, '0x1', `0x${'00'.repeat(31)}05`);
    await rpc(node, 'anvil_setNonce', RICH, '0x9');
    await onAll(`0x${'00'.repeat(31)}07`, 'eth_call', { to: RICH }, 'latest');
    await onAll(`0x${'00'.repeat(31)}05`, 'eth_getStorageAt', RICH, '0x1', 'latest');
    await onAll('0x9', 'eth_getTransactionCount', RICH, 'latest');
    await onAll('0x0', 'eth_blockNumber');
    expect(await rpc(node, 'evm_setNextBlockTimestamp', 2_000_000_000)).toBeNull();
    await rpc(node, 'hardhat_setNextBlockBaseFeePerGas', '0x4d');
    await rpc(node, 'hardhat_setPrevRandao', `0x${'0a'.repeat(32)}`);
    await transfer(node);
    await vi.waitFor(async () => {
      for (const one of ALL) {
        expect(await rpc(one, 'eth_getBlockByNumber', '0x1', false)).toMatchObject({
          timestamp: '0x77359400',
          baseFeePerGas: '0x4d',
          mixHash: `0x${'0a'.repeat(32)}`,
        });
      }
    });
    expect((await ask(node, 'evm_setNextBlockTimestamp', 1)).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('lower than the last block'),
    });
  });

  it('go back to a snapshot on all nodes, also when the leader is gone and after a restart of all', async () => {
    const before = await rpc(1, 'eth_getBlockByNumber', 'latest', false);
    const number = (before as { number: string }).number;
    const id = await rpc(await follower(), 'evm_snapshot');
    const hash = await transfer(await follower());
    await rpc(1, 'hardhat_setBalance', RICH, '0x63');
    const dead = await leader();
    await cluster.stop(dead);
    const left = ALL.filter((node) => node !== dead);
    await vi.waitFor(() => rpc(left[0] ?? 0, 'evm_mine'), { timeout: 30_000, interval: 100 });
    for (const node of left) await cluster.stop(node);
    for (const node of ALL) await cluster.start(node);
    await leader();
    await onAll('0x63', 'eth_getBalance', RICH, 'latest');
    expect(await rpc(await follower(), 'evm_revert', id)).toBe(true);
    await onAll(number, 'eth_blockNumber');
    await onAll('0x7', 'eth_getBalance', RICH, 'latest');
    await onAll(null, 'eth_getTransactionReceipt', hash);
    expect(await rpc(await follower(), 'evm_revert', id)).toBe(false);
    await transfer(await follower());
    await onAll(`0x${(Number(number) + 1).toString(16)}`, 'eth_blockNumber');
  });

  it('make blocks of a number and an interval, and none while mining is off', async () => {
    const node = await follower();
    const start = Number(await rpc(node, 'eth_blockNumber'));
    expect(await rpc(node, 'hardhat_mine', '0x3', '0x3c')).toBe(true);
    const at = async (number: number) => {
      const block = await rpc(node, 'eth_getBlockByNumber', `0x${number.toString(16)}`, false);
      return Number((block as { timestamp: string }).timestamp);
    };
    expect((await at(start + 3)) - (await at(start + 2))).toBe(60);
    expect((await at(start + 2)) - (await at(start + 1))).toBe(60);
    expect(await rpc(node, 'evm_setAutomine', false)).toBe(true);
    await onAll(false, 'hardhat_getAutomine');
    const hash = await transfer(node);
    expect(await rpc(node, 'eth_getTransactionReceipt', hash)).toBeNull();
    expect(await rpc(node, 'hardhat_dropTransaction', hash)).toBe(true);
    await onAll(null, 'eth_getTransactionByHash', hash);
    expect(await rpc(node, 'evm_setAutomine', true)).toBe(true);
    await transfer(node);
    await onAll(`0x${(start + 4).toString(16)}`, 'eth_blockNumber');
  });

  it('send for an account without its key, also a contract, from any node', async () => {
    const node = await follower();
    const sender = `0x${'5e'.repeat(20)}`;
    const request = { from: sender, to: TO, value: '0x1' };
    expect((await ask(node, 'eth_sendTransaction', request)).error?.message).toBe(
      'unknown account',
    );
    await rpc(node, 'anvil_setBalance', sender, '0xde0b6b3a7640000');
    await rpc(node, 'anvil_setCode', sender, '0x00');
    expect(await rpc(node, 'anvil_impersonateAccount', sender)).toBeNull();
    const hash = await rpc(node, 'eth_sendTransaction', request);
    const mined = { from: sender, status: '0x1', transactionHash: hash };
    expect(await rpc(node, 'eth_getTransactionReceipt', hash)).toMatchObject(mined);
    const again = await vi.waitFor(() => rpc(nextTo(node), 'eth_sendTransaction', request));
    expect(await rpc(nextTo(node), 'eth_getTransactionByHash', again)).toMatchObject({
      from: sender,
      nonce: '0x1',
    });
    expect(await rpc(node, 'hardhat_stopImpersonatingAccount', sender)).toBe(true);
    expect((await ask(node, 'eth_sendTransaction', request)).error?.message).toBe(
      'unknown account',
    );
  });

  it('reset the whole network to its genesis block', async () => {
    await rpc(await follower(), 'hardhat_reset');
    await onAll('0x0', 'eth_blockNumber');
    await onAll('0x0', 'eth_getBalance', RICH, 'latest');
    await transfer(await follower());
    await onAll('0x1', 'eth_blockNumber');
  });
});
