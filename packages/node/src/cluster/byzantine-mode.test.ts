/** A cluster whose nodes do not trust each other: the same service, with two phases and more nodes. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Cluster, createCluster } from './create-cluster.ts';

const FROM = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const TRANSFER = { from: FROM, to: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8', value: '0x1' };

async function rpc<Result = string>(url: string, method: string, ...params: unknown[]) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: Result; error?: unknown };
  if (error !== undefined) throw new Error(JSON.stringify(error));
  return result;
}

describe('a Byzantine cluster of four', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await createCluster({ nodes: 4, genesis: { crashModel: 'BFT' } });
  });
  afterAll(() => cluster.close());

  const url = (number: number): string => cluster.rpcUrls[number - 1] ?? '';

  it('mines through any node, with certificates of three votes', async () => {
    for (const number of [1, 2, 3, 4]) {
      const hash = await rpc(url(number), 'eth_sendTransaction', TRANSFER);
      const receipt = await rpc(url(number), 'eth_getTransactionReceipt', hash);
      expect(receipt).toMatchObject({ status: '0x1' });
    }
    const proof = await rpc<{ certificate: { votes: unknown[] } }>(
      url(1),
      'mokka_getCertificate',
      'latest',
    );
    expect(proof.certificate.votes.length).toBeGreaterThanOrEqual(3);
    expect(await rpc(url(2), 'mokka_getEvidence')).toEqual([]);
    expect(await rpc(url(2), 'mokka_status')).toMatchObject({ crashModel: 'BFT', quorum: 3 });
  });

  it('confirms reads', async () => {
    const hash = await rpc(url(1), 'eth_sendTransaction', TRANSFER);
    const { blockNumber } = await rpc<{ blockNumber: number }>(url(4), 'mokka_readIndex');
    const receipt = await rpc<{ blockNumber: string }>(url(4), 'eth_getTransactionReceipt', hash);
    expect(Number(receipt.blockNumber)).toBeLessThanOrEqual(blockNumber);
  });

  it('goes on without its leader', async () => {
    const statuses = await Promise.all(
      [1, 2, 3, 4].map((number) => rpc<{ role: string }>(url(number), 'mokka_status')),
    );
    const leader = statuses.findIndex(({ role }) => role === 'leader') + 1;
    await cluster.stop(leader);
    const other = leader === 1 ? 2 : 1;
    const hash = await rpc(url(other), 'eth_sendTransaction', TRANSFER);
    expect(await rpc(url(other), 'eth_getTransactionReceipt', hash)).not.toBeNull();
    await cluster.start(leader);
    await vi.waitFor(
      async () => {
        const heads = await Promise.all(
          [1, 2, 3, 4].map((number) => rpc(url(number), 'eth_blockNumber')),
        );
        expect(new Set(heads).size).toBe(1);
      },
      { timeout: 30_000 },
    );
  });

  it('hands leadership over when the leader itself is asked, and only then', async () => {
    const asked = await Promise.all(
      [1, 2, 3, 4].map((number) =>
        rpc(url(number), 'mokka_transferLeadership').then(
          () => 'done',
          (error: Error) => error.message,
        ),
      ),
    );
    expect(asked.filter((answer) => answer === 'done').length).toBeGreaterThanOrEqual(1);
    expect(asked.some((answer) => answer.includes('ask that node'))).toBe(true);
  });
});
