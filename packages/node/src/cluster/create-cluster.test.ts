import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { NodeEvent } from '../lifecycle/node-event.ts';
import { type Cluster, createCluster } from './create-cluster.ts';

const FROM = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const TO = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
const TRANSFER = { from: FROM, to: TO, value: '0x1' };

interface Answer<Result> {
  readonly result?: Result;
  readonly error?: { readonly code: number; readonly message: string };
}

async function ask<Result>(url: string, method: string, params: unknown[], headers = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  return (await response.json()) as Answer<Result>;
}

async function rpc<Result = string>(url: string, method: string, ...params: unknown[]) {
  const { result, error } = await ask<Result>(url, method, params);
  if (error !== undefined) {
    throw Object.assign(new Error(error.message), { code: error.code });
  }
  return result as Result;
}

/** Asks until the answer satisfies. */
async function until<Value>(
  ask: () => Promise<Value>,
  satisfies: (value: Value) => boolean,
): Promise<Value> {
  return await vi.waitFor(
    async () => {
      const value = await ask();
      if (!satisfies(value)) throw new Error(`still ${JSON.stringify(value)}`);
      return value;
    },
    { timeout: 60_000, interval: 20 },
  );
}

interface Status {
  readonly node: number;
  readonly role: string;
  readonly term: number;
  readonly leader: string | null;
  readonly blockNumber: number;
}

describe('a cluster of three', () => {
  let cluster: Cluster;
  const events: { node: number; event: NodeEvent }[] = [];

  beforeAll(async () => {
    cluster = await createCluster({ onEvent: (node, event) => events.push({ node, event }) });
  });
  afterAll(async () => {
    await cluster.close();
  });

  const url = (number: number): string => cluster.rpcUrls[number - 1] ?? '';
  const status = (number: number) => rpc<Status>(url(number), 'mokka_status');
  const leaderAmong = async (numbers: readonly number[]): Promise<number> => {
    const statuses = await until(
      () => Promise.all(numbers.map(status)),
      (all) => all.some(({ role }) => role === 'leader'),
    );
    return statuses.find(({ role }) => role === 'leader')?.node ?? 0;
  };
  const blockHashes = (numbers: readonly number[], block: string) =>
    Promise.all(
      numbers.map((number) =>
        until(
          () => rpc<{ hash: string } | null>(url(number), 'eth_getBlockByNumber', block, false),
          (found) => found !== null,
        ),
      ),
    ).then((blocks) => new Set(blocks.map((block) => block?.hash)));

  it('mines what a follower was sent, once its client can read it there, and shows it on all', async () => {
    const leader = await leaderAmong([1, 2, 3]);
    const follower = leader === 1 ? 2 : 1;
    const hash = await rpc(url(follower), 'eth_sendTransaction', TRANSFER);
    const receipt = await rpc<{ status: string; blockNumber: string }>(
      url(follower),
      'eth_getTransactionReceipt',
      hash,
    );
    expect(receipt).toMatchObject({ status: '0x1', blockNumber: '0x1' });
    expect((await blockHashes([1, 2, 3], '0x1')).size).toBe(1);
  });

  it('gives parallel sends through all nodes consecutive nonces', async () => {
    const before = Number(await rpc(url(1), 'eth_getTransactionCount', FROM, 'pending'));
    const hashes = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        rpc(url((index % 3) + 1), 'eth_sendTransaction', TRANSFER),
      ),
    );
    expect(new Set(hashes).size).toBe(30);
    await until(
      () => rpc(url(1), 'eth_getTransactionCount', FROM, 'latest'),
      (count) => Number(count) === before + 30,
    );
  });

  /** Height of all nodes, once it is the same. */
  const commonHeight = async (): Promise<number> => {
    const heights = await until(
      () => Promise.all([1, 2, 3].map((number) => rpc(url(number), 'eth_blockNumber'))),
      (all) => new Set(all).size === 1,
    );
    return Number(heights[0]);
  };

  it.each([
    ['an account it has no key of', { from: `0x${'12'.repeat(20)}` }, /unknown account/],
    [
      'more than the account has',
      { value: `0x1${'0'.repeat(30)}`, gas: '0x5208' },
      /insufficient funds/,
    ],
    ['a nonce that is used', { nonce: '0x0' }, /nonce too low/],
    ['too little gas', { gas: '0x5207' }, /intrinsic gas/],
    [
      'a fee below the tip',
      { maxFeePerGas: '0x3b9aca00', maxPriorityFeePerGas: '0x3b9aca01' },
      /maxFeePerGas .* < maxPriorityFeePerGas/,
    ],
    ['a creation that reverts', { to: undefined, input: '0x60006000fd' }, /execution reverted/],
  ])('refuses %s in the same words at every node', async (_, wrong, expected) => {
    await commonHeight();
    const answers = await Promise.all(
      [1, 2, 3].map((number) =>
        ask(url(number), 'eth_sendTransaction', [{ ...TRANSFER, ...wrong }]),
      ),
    );
    const [first] = answers;
    expect(first?.error?.message).toMatch(expected);
    for (const answer of answers) expect(answer.error).toEqual(first?.error);
  });

  it('mines on demand from any node, without transactions', async () => {
    const before = await commonHeight();
    await rpc(url(3), 'evm_mine');
    expect(Number(await rpc(url(3), 'eth_blockNumber'))).toBe(before + 1);
  });

  it('shows a certificate for a block and a proof for its leader', async () => {
    const answer = await rpc<{
      certificate: { term: number; votes: unknown[] };
      entries: unknown[];
    }>(url(1), 'mokka_getCertificate', '0x1');
    expect(answer.certificate.votes.length).toBeGreaterThanOrEqual(2);
    const proof = await rpc<{ votes: unknown[] }>(
      url(1),
      'mokka_getLeaderProof',
      answer.certificate.term,
    );
    expect(proof.votes.length).toBeGreaterThanOrEqual(2);
    expect(await rpc(url(1), 'mokka_getCertificate', '0x0')).toBeNull();
  });

  it('confirms at any node that it shows what another one has answered', async () => {
    for (const [asked, read] of [
      [1, 2],
      [2, 3],
      [3, 1],
    ] as const) {
      const hash = await rpc(url(asked), 'eth_sendTransaction', TRANSFER);
      const { blockNumber } = await rpc<{ blockNumber: number }>(url(read), 'mokka_readIndex');
      const receipt = await rpc<{ blockNumber: string }>(
        url(read),
        'eth_getTransactionReceipt',
        hash,
      );
      expect(Number(receipt.blockNumber)).toBeLessThanOrEqual(blockNumber);
    }
    for (const number of [1, 2, 3]) {
      const before = Number(await rpc(url(1), 'eth_getBalance', TO, 'latest'));
      await rpc(url(1), 'eth_sendTransaction', { ...TRANSFER, value: '0x100000000' });
      const headers = { 'praline-consistency': 'linearizable' };
      const after = await ask(url(number), 'eth_getBalance', [TO, 'latest'], headers);
      expect(Number(after.result)).toBeGreaterThan(before);
    }
  });

  it('hands leadership over at the request of any node', async () => {
    const leader = await leaderAmong([1, 2, 3]);
    const [asked = 0, next = 0] = [1, 2, 3].filter((number) => number !== leader);
    const { publicKey } = await rpc<{ publicKey: string }>(url(next), 'mokka_status');
    const before = await status(asked);
    const answer = await rpc<{ leader: string; term: number }>(
      url(asked),
      'mokka_transferLeadership',
      publicKey,
    );
    expect(answer.leader).toBe(publicKey);
    expect(answer.term).toBeGreaterThan(before.term);
    expect(await rpc(url(asked), 'mokka_transferLeadership', publicKey)).toEqual(answer);
    await expect(rpc(url(asked), 'mokka_transferLeadership', 'node 2')).rejects.toMatchObject({
      code: -32602,
    });
    expect((await rpc<{ leader: string }>(url(next), 'mokka_transferLeadership')).leader).not.toBe(
      publicKey,
    );
  });

  it('goes on without its leader, which catches up when it is back', async () => {
    const leader = await leaderAmong([1, 2, 3]);
    const others = [1, 2, 3].filter((number) => number !== leader);
    await cluster.stop(leader);
    const [first = 0, second = 0] = others;
    const hash = await rpc(url(first), 'eth_sendTransaction', TRANSFER);
    expect(await rpc(url(first), 'eth_getTransactionReceipt', hash)).toMatchObject({
      status: '0x1',
    });
    expect(await leaderAmong([first, second])).not.toBe(leader);
    await cluster.start(leader);
    const head = await rpc(url(first), 'eth_blockNumber');
    expect((await blockHashes([1, 2, 3], head)).size).toBe(1);
  });

  it('refuses writes without a quorum, within a bounded time, and reads on', async () => {
    const leader = await leaderAmong([1, 2, 3]);
    const [first = 0, second = 0] = [1, 2, 3].filter((number) => number !== leader);
    await Promise.all([cluster.stop(leader), cluster.stop(second)]);
    await expect(rpc(url(first), 'eth_sendTransaction', TRANSFER)).rejects.toMatchObject({
      code: -32002,
      message: expect.stringContaining('1 of 3 validators are connected, 2 are needed'),
    });
    expect(Number(await rpc(url(first), 'eth_blockNumber'))).toBeGreaterThan(0);
    await expect(rpc(url(first), 'mokka_readIndex')).rejects.toMatchObject({
      code: -32002,
      message: expect.stringContaining('not confirmed to be current'),
    });
    const ready = await fetch(`${url(first)}/ready`);
    expect(ready.status).toBe(503);
    await Promise.all([cluster.start(leader), cluster.start(second)]);
    await until(
      () => rpc(url(first), 'eth_sendTransaction', TRANSFER).catch(() => null),
      (hash) => hash !== null,
    );
  });

  it('refuses a second process on the data of a node that runs', async () => {
    await expect(cluster.start(1)).rejects.toMatchObject({ code: 'folder-locked' });
  });
});
