/** A node that was away for long takes a snapshot of the chain over the network, and goes on from it. */
import { createGenesis } from '@praline/chain/reading';
import { decodeEntry } from 'mokka';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadGenesis } from '../config/genesis-source.ts';
import type { NodeEvent } from '../lifecycle/node-event.ts';
import { RpcLogSource } from '../verification/rpc-log-source.ts';
import { openStoredLog } from '../verification/stored-log-source.ts';
import { verifyLog } from '../verification/verify-log.ts';
import { type Cluster, createCluster } from './create-cluster.ts';

const FROM = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const TO = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const DISTANCE = 20;

async function rpc<Result = string>(url: string, method: string, ...params: unknown[]) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as {
    readonly result?: Result;
    readonly error?: { readonly code: number; readonly message: string };
  };
  if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
  return result as Result;
}

describe('a node that was away while the others pruned their logs', () => {
  let cluster: Cluster;
  const events: { node: number; event: NodeEvent }[] = [];
  const url = (number: number): string => cluster.rpcUrls[number - 1] ?? '';
  const send = (number: number) =>
    rpc(url(number), 'eth_sendTransaction', { from: FROM, to: TO, value: '0x1' });
  const height = async (number: number) => Number(await rpc(url(number), 'eth_blockNumber'));

  beforeAll(async () => {
    cluster = await createCluster({
      retention: { entries: DISTANCE },
      snapshotDistance: DISTANCE,
      onEvent: (node, event) => events.push({ node, event }),
    });
  });
  afterAll(async () => {
    await cluster.close();
  });

  it('has the state of the others again, and says that older history is not there', async () => {
    for (let block = 0; block < 3; block += 1) await send(1);
    await cluster.stop(3);
    for (let block = 0; block < 3 * DISTANCE; block += 1) await send(1);
    await cluster.start(3);
    // What is committed meanwhile proves a snapshot that is made now.
    await vi.waitFor(
      async () => {
        await send(1);
        expect(await height(3)).toBeGreaterThanOrEqual(3 + 3 * DISTANCE);
      },
      { timeout: 60_000, interval: 50 },
    );
    const number = await height(1);
    await vi.waitFor(async () => expect(await height(3)).toBe(number), { timeout: 30_000 });
    const tag = `0x${number.toString(16)}`;
    const [here, there] = await Promise.all(
      [3, 1].map((node) =>
        rpc<{ hash: string; stateRoot: string }>(url(node), 'eth_getBlockByNumber', tag, false),
      ),
    );
    expect(here).toEqual(there);
    expect(await rpc(url(3), 'eth_getBalance', TO, tag)).toBe(
      await rpc(url(1), 'eth_getBalance', TO, tag),
    );
    // Neither the certificate of a block that it skipped nor the state after it.
    expect(await rpc(url(3), 'mokka_getCertificate', '0x5')).toBeNull();
    await expect(rpc(url(3), 'eth_getBalance', TO, '0x5')).rejects.toThrow();
    expect(await rpc(url(1), 'eth_getBalance', TO, '0x5')).toMatch(/^0x/);
  });

  it('shows an auditor a log that an entry of another node proves, and none alone does', async () => {
    const genesis = createGenesis(loadGenesis(cluster.config).json);
    const source = new RpcLogSource(url(3));
    await expect(verifyLog({ genesis, source })).rejects.toMatchObject({
      code: 'not-from-genesis',
    });
    const { last } = await new RpcLogSource(url(1)).extent();
    const [record] = await new RpcLogSource(url(1)).read(last, 1);
    if (record === undefined) throw new Error('no last entry');
    const trusted = { index: last, hash: decodeEntry(record.entry).hash };
    const byRpc = await verifyLog({ genesis, source, trusted });
    const stored = await openStoredLog(cluster.config.dataPath(3), genesis);
    const byFolder = await verifyLog({ genesis, source: stored, trusted });
    await stored.close();
    for (const { first, certified } of [byRpc, byFolder]) {
      expect(first).toBeGreaterThan(3);
      expect(certified.index).toBeGreaterThanOrEqual(last);
    }
  });

  it('takes part as before', async () => {
    const before = await height(3);
    const hash = await send(3);
    expect(await rpc(url(3), 'eth_getTransactionReceipt', hash)).toMatchObject({ status: '0x1' });
    expect(await height(3)).toBeGreaterThan(before);
    await cluster.stop(3);
    await cluster.start(3);
    await send(3);
    expect(await height(3)).toBeGreaterThan(before + 1);
  });
});
