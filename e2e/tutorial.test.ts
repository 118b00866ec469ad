/** "Running decentralized ganache": the same command in three terminals, then any node serves any client. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Network } from '../harness/network.ts';
import { PralineProcess, runPraline } from '../harness/praline-process.ts';

describe('the same command in three terminals', () => {
  let network: Network;
  beforeAll(async () => {
    network = await Network.create({ nodes: 3 });
  });
  afterAll(async () => {
    await network.dispose();
  });
  const args = () => ['node', '--cluster', network.clusterPath];

  it('starts nodes 1, 2 and 3 in turn, which agree on a leader', async () => {
    for (const number of network.numbers) {
      network.adopt(number, new PralineProcess(args(), { cwd: network.folder }));
      await network.answers(number);
    }
    const { number, term } = await network.leader();
    expect(network.numbers).toContain(number);
    expect(term).toBeGreaterThan(0);
  });

  it('says in a fourth terminal that every node runs already', async () => {
    const fourth = await runPraline(args(), network.folder);
    expect(fourth.code).not.toBe(0);
    expect(fourth.output).toContain('cluster.json');
  });

  it('takes a transaction at any node and shows it at every node', async () => {
    const from = network.account(0).address;
    for (const number of network.numbers) {
      const to = network.account(number).address;
      const before = BigInt(await network.rpc<string>(number, 'eth_getBalance', [to, 'latest']));
      const transaction = { from, to, value: '0xde0b6b3a7640000' };
      const hash = await network.rpc<string>(number, 'eth_sendTransaction', [transaction]);

      const receipt = await network.rpc<{ status: string }>(number, 'eth_getTransactionReceipt', [
        hash,
      ]);
      expect(receipt.status, 'readable at once where it was sent').toBe('0x1');
      await network.agreedHashes();
      for (const reader of network.numbers) {
        expect(await network.rpc(reader, 'eth_getTransactionReceipt', [hash])).toEqual(receipt);
        const after = BigInt(await network.rpc<string>(reader, 'eth_getBalance', [to, 'latest']));
        expect(after - before).toBe(10n ** 18n);
      }
    }
  });

  it('goes on when any one of them is stopped with Ctrl-C, and takes it back', async () => {
    const { number } = await network.leader();
    expect((await network.process(number).end('SIGINT')).code).toBe(0);
    await network.leader();
    const [reader = 0] = network.running;
    const height = await network.height(reader);
    const from = network.account(0).address;
    await network.rpc(reader, 'eth_sendTransaction', [{ from, to: from, value: '0x1' }]);
    expect(await network.height(reader)).toBe(height + 1);

    network.adopt(number, new PralineProcess(args(), { cwd: network.folder }));
    await network.answers(number);
    expect(await network.agreedHashes()).toHaveLength(height + 2);
  });
});

it('three terminals started in the same instant get a node each', async () => {
  const network = await Network.create({ nodes: 3 });
  try {
    const started = network.numbers.map(
      () => new PralineProcess(['node', '--cluster', network.clusterPath], { cwd: network.folder }),
    );
    for (const [index, terminal] of started.entries()) network.adopt(index + 1, terminal);
    await Promise.all(network.numbers.map((number) => network.answers(number)));
    await network.leader();
    expect(started.filter((terminal) => terminal.isRunning)).toHaveLength(3);
  } finally {
    await network.dispose();
  }
});
