/** Nodes that were away, or are new, where development operations are in use: they replay the log, which stays. */
import { createGenesis } from '@praline/chain/reading';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadGenesis } from '../config/genesis-source.ts';
import { RpcLogSource } from '../verification/rpc-log-source.ts';
import { openStoredLog } from '../verification/stored-log-source.ts';
import { verifyLog } from '../verification/verify-log.ts';
import { type Cluster, createCluster } from './create-cluster.ts';

const FROM = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const TO = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const RICH = `0x${'ee'.repeat(20)}`;
const DISTANCE = 20;

describe('a node that was away further than where others take a snapshot', () => {
  let cluster: Cluster;
  const url = (number: number): string => cluster.rpcUrls[number - 1] ?? '';
  const rpc = async (node: number, method: string, ...params: unknown[]): Promise<unknown> => {
    const response = await fetch(url(node), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const { result, error } = (await response.json()) as {
      result?: unknown;
      error?: { message: string };
    };
    if (error !== undefined) throw new Error(error.message);
    return result;
  };
  const send = () => rpc(1, 'eth_sendTransaction', { from: FROM, to: TO, value: '0x1' });
  const headOf = async (node: number) => {
    const block = (await rpc(node, 'eth_getBlockByNumber', 'latest', false)) as { hash: string };
    return [block.hash, await rpc(node, 'eth_getBalance', RICH, 'latest')];
  };

  beforeAll(async () => {
    cluster = await createCluster({
      retention: { entries: DISTANCE },
      snapshotDistance: DISTANCE,
    });
  });
  afterAll(() => cluster.close());

  it('has edited state and snapshots as the others have them', async () => {
    await send();
    await cluster.stop(3);
    await rpc(1, 'anvil_setBalance', RICH, '0x7');
    const id = await rpc(1, 'evm_snapshot');
    await rpc(1, 'anvil_setBalance', RICH, '0x8');
    for (let block = 0; block < 3 * DISTANCE; block += 1) await send();
    await cluster.start(3);
    await vi.waitFor(
      async () => {
        await send();
        expect(await headOf(3)).toEqual(await headOf(1));
      },
      { timeout: 60_000, interval: 100 },
    );
    expect(await rpc(3, 'evm_revert', id)).toBe(true);
    await vi.waitFor(
      async () => {
        for (const node of [1, 2, 3]) {
          expect(await headOf(node)).toEqual(await headOf(3));
          expect(await rpc(node, 'eth_getBalance', RICH, 'latest')).toBe('0x7');
        }
      },
      { timeout: 30_000, interval: 50 },
    );
  }, 120_000);

  it('has a log that is verified with its development operations, over RPC and in its folder', async () => {
    const genesis = createGenesis(loadGenesis(cluster.config).json);
    const { operations, head } = await verifyLog({ genesis, source: new RpcLogSource(url(3)) });
    expect(operations).toBe(4);
    expect(head?.hash).toBe((await headOf(3))[0]);
    await cluster.stop(3);
    const stored = await openStoredLog(cluster.config.dataPath(3), genesis);
    expect((await verifyLog({ genesis, source: stored })).operations).toBe(4);
    await stored.close();
  });
});
