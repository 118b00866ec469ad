/** Blocks at an interval: `--block-time`, with and without empty blocks, through the death of a leader. */
import { describe, expect, it } from 'vitest';
import { until } from '../harness/until.ts';
import { useNetwork } from './support/use-network.ts';

interface Block {
  readonly timestamp: string;
  readonly transactions: readonly string[];
}

const block = (number: number): string => `0x${number.toString(16)}`;

describe('a block every second', () => {
  const network = useNetwork({ nodes: 3, init: ['--block-time', '1'] });

  it('holds all that came since the last, and is not made when nothing came', async () => {
    const net = network();
    const [from, to] = await net.rpc<string[]>(1, 'eth_accounts');
    const sent = async (node: number) =>
      await net.rpc<string>(node, 'eth_sendTransaction', [{ from, to, value: '0x1' }]);
    const first = await sent(1);
    await until(async () => expect(await net.height(1)).toBe(1));
    // Answered at once, by any node, without waiting for the block.
    const hashes = [await sent(2), await sent(3), await sent(1)];
    await until(async () => {
      for (const hash of [first, ...hashes]) {
        const receipt = await net.rpc(2, 'eth_getTransactionReceipt', [hash]);
        expect(receipt).toMatchObject({ status: '0x1' });
      }
    });
    const height = await net.height(2);
    const mined: string[] = [];
    for (let number = 1; number <= height; number += 1) {
      const found = await net.rpc<Block>(2, 'eth_getBlockByNumber', [block(number), false]);
      expect(found.transactions.length).toBeGreaterThan(0);
      mined.push(...found.transactions);
    }
    expect(mined).toEqual([first, ...hashes]);
  });

  it('comes at once when somebody asks for it, on all nodes', async () => {
    const net = network();
    const before = (await net.agreedHashes()).length - 1;
    await net.rpc(3, 'evm_mine');
    expect(await net.height(3)).toBe(before + 1);
    expect(await net.agreedHashes()).toHaveLength(before + 2);
  });
});

describe('a block every 300 ms, empty or not', () => {
  const network = useNetwork({ nodes: 3, init: ['--block-time', '300ms', '--empty-blocks'] });

  it('goes on when the leader dies, its times in order', async () => {
    const net = network();
    const { number: leader } = await net.leader();
    const witness = leader === 1 ? 2 : 1;
    await until(async () => expect(await net.height(witness)).toBeGreaterThan(3));
    await net.end('SIGKILL', leader);
    const before = await net.height(witness);
    await until(async () => expect(await net.height(witness)).toBeGreaterThan(before + 3));
    let last = 0;
    for (let number = 0; number <= before + 3; number += 1) {
      const found = await net.rpc<Block>(witness, 'eth_getBlockByNumber', [block(number), false]);
      expect(Number(found.timestamp)).toBeGreaterThanOrEqual(last);
      last = Number(found.timestamp);
    }
    await net.start(leader);
    await until(async () => expect(await net.height(leader)).toBeGreaterThan(before));
    const head = await net.height(leader);
    await until(async () => {
      expect(await net.hashes(leader, head)).toEqual(await net.hashes(witness, head));
    });
  });
});
