import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rpc, TestNetwork } from './network.ts';

const FROM = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const TRANSFER = { from: FROM, to: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8', value: '0x1' };

describe('praline start', () => {
  let network: TestNetwork;

  beforeAll(async () => {
    network = await TestNetwork.create(3);
  });
  afterAll(async () => {
    await network.close();
  });

  const send = (node: number) =>
    rpc(network.nodes[node - 1]?.rpc ?? '', 'eth_sendTransaction', TRANSFER);

  it('tells of nodes, leader and blocks as JSON lines', async () => {
    expect(network.nodes.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(network.nodes.filter(({ role }) => role === 'leader')).toHaveLength(1);
    await send(1);
    const block = await network.event('block');
    expect(block).toMatchObject({ number: 1, transactions: 1, gasUsed: '21000' });
  });

  it('reports a node that is killed, goes on without it, and stops cleanly', async () => {
    const victim = network.nodes.find(({ role }) => role === 'leader');
    const survivor = network.nodes.find(({ role }) => role !== 'leader');
    process.kill(victim?.pid ?? 0, 'SIGKILL');
    expect(await network.event('node-lost')).toMatchObject({ node: victim?.id, signal: 'SIGKILL' });
    await send(survivor?.id ?? 0);
    await network.event('leader', ({ node }) => node !== victim?.id);
    expect(await network.stop()).toBe(0);
    expect(network.lines.at(-1)).toEqual({ event: 'stopped' });
  });

  it('continues the same chain when it is started again', async () => {
    await network.start();
    expect(await network.event('ready')).toMatchObject({ blockNumber: 2 });
    const hashes = await Promise.all(
      network.nodes.map(async ({ rpc: url }) => {
        const block = await rpc<{ hash: string }>(url, 'eth_getBlockByNumber', '0x1', false);
        return block.hash;
      }),
    );
    expect(new Set(hashes).size).toBe(1);
  });
});
