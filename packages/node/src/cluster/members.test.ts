/** Rule *membership* in whole nodes: joining, promotion, removal, and what an auditor makes of the log after it. */
import { createGenesis } from '@praline/chain/reading';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadGenesis } from '../config/genesis-source.ts';
import type {
  MemberReport,
  MembershipAnswer,
  MembersReport,
} from '../threads/membership-contract.ts';
import type { NodeStatusReport, PeerReport } from '../threads/thread-contracts.ts';
import { RpcLogSource } from '../verification/rpc-log-source.ts';
import { openStoredLog } from '../verification/stored-log-source.ts';
import { verifyLog } from '../verification/verify-log.ts';
import { type Cluster, createCluster } from './create-cluster.ts';

const FROM = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
const TRANSFER = { from: FROM, to: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8', value: '0x1' };
const RUN_MS = 120_000;

async function rpc<Result = string>(url: string, method: string, ...params: unknown[]) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as {
    result: Result;
    error?: { code: number; message: string; data?: unknown };
  };
  if (error !== undefined) throw Object.assign(new Error(error.message), error);
  return result;
}

async function until<Value>(ask: () => Promise<Value>, holds: (value: Value) => boolean) {
  return await vi.waitFor(
    async () => {
      const value = await ask();
      if (!holds(value)) throw new Error(`still ${JSON.stringify(value)}`);
      return value;
    },
    { timeout: 60_000, interval: 20 },
  );
}

describe('a cluster of three that becomes another', () => {
  let cluster: Cluster;
  let newcomer = { number: 0, publicKey: '', address: '' };
  let former = 0;

  beforeAll(async () => {
    cluster = await createCluster();
    await leader([1, 2, 3]);
    for (let sent = 0; sent < 5; sent += 1) await rpc(url(1), 'eth_sendTransaction', TRANSFER);
    newcomer = await cluster.join();
  }, RUN_MS);
  afterAll(() => cluster.close());

  const url = (number: number): string => cluster.rpcUrls[number - 1] ?? '';
  const status = (number: number) => rpc<NodeStatusReport>(url(number), 'mokka_status');
  const members = (number: number) => rpc<MembersReport>(url(number), 'mokka_getMembers');
  const propose = (number: number, change: object) =>
    rpc<MembershipAnswer>(url(number), 'mokka_proposeMembership', change);
  const leader = async (numbers: readonly number[]): Promise<number> => {
    const all = await until(
      () => Promise.all(numbers.map(status)),
      (found) => found.some(({ role }) => role === 'leader'),
    );
    return numbers[all.findIndex(({ role }) => role === 'leader')] ?? 0;
  };
  const roles = (report: MembersReport) =>
    report.members.map(({ publicKey, role }: MemberReport) => `${publicKey} ${role}`);
  const send = (number: number) =>
    until(
      () => rpc(url(number), 'eth_sendTransaction', TRANSFER).catch(() => ''),
      (hash) => hash !== '',
    );
  const mined = (number: number, hash: string) =>
    until(
      () => rpc<object | null>(url(number), 'eth_getTransactionReceipt', hash),
      (receipt) => receipt !== null,
    );

  it('does not let a stranger take part, nor be made a validator', async () => {
    const report = await status(newcomer.number);
    expect(report).toMatchObject({ isMember: false, role: 'observer', epoch: 0, validators: 3 });
    expect((await fetch(`${url(newcomer.number)}/ready`)).status).toBe(503);
    await expect(
      propose(1, { action: 'promote', publicKey: newcomer.publicKey }),
    ).rejects.toMatchObject({ code: -32602, data: { reason: 'invalid-change' } });
    await expect(
      propose(1, { action: 'add', publicKey: newcomer.publicKey }),
    ).rejects.toMatchObject({ code: -32602 });
    expect(await members(1)).toMatchObject({ epoch: 0, since: 0, quorum: 2, faults: 1 });
  });

  it('has it follow as an observer that serves clients and never votes', async () => {
    const { publicKey, address, number } = newcomer;
    const answer = await propose(2, { action: 'add', publicKey, address });
    expect(answer).toMatchObject({ state: 'committed', epoch: 1, proposeOn: [] });
    const report = await until(
      () => members(number),
      ({ epoch }) => epoch === 1,
    );
    expect(report).toMatchObject({ epoch: 1, since: answer.index, quorum: 2 });
    expect(report.members.at(-1)).toMatchObject({ publicKey, role: 'observer', isSelf: true });
    const hash = await send(number);
    await mined(1, hash);
    await mined(number, hash);
    expect(await status(number)).toMatchObject({ role: 'observer', isMember: true });
    await until(
      async () => (await fetch(`${url(number)}/ready`)).status,
      (code) => code === 200,
    );
    const peers = await until(
      () => rpc<PeerReport[]>(url(1), 'mokka_peers'),
      (all) => all.some((peer) => peer.publicKey === publicKey && peer.rpcUrl !== null),
    );
    expect(peers).toHaveLength(3);
    expect(peers.find((peer) => peer.publicKey === publicKey)).toMatchObject({
      node: null,
      membership: 'observer',
      rpcUrl: url(number),
      connected: true,
    });
    const metrics = await (await fetch(`${url(1)}/metrics`)).text();
    expect(metrics).toContain('praline_epoch 1');
    expect(metrics).toContain('praline_validators 3');
  });

  it(
    'makes it a validator, then goes on without the former leader',
    async () => {
      const { publicKey, number } = newcomer;
      await until(
        () => propose(3, { action: 'promote', publicKey }).catch((error: Error) => error.message),
        (answer) => typeof answer !== 'string',
      );
      former = await leader([1, 2, 3, number]);
      if (former === number) {
        await rpc(url(1), 'mokka_transferLeadership', (await status(1)).publicKey);
        former = await leader([1, 2, 3, number]);
      }
      const gone = (await status(former)).publicKey;
      await propose(former, { action: 'remove', publicKey: gone });
      const left = [1, 2, 3, number].filter((one) => one !== former);
      const next = await leader(left);
      expect(next).not.toBe(former);
      for (const one of left) {
        const report = await until(
          () => members(one),
          ({ epoch }) => epoch === 3,
        );
        expect(roles(report)).toHaveLength(3);
        expect(roles(report)).not.toContain(`${gone} validator`);
        expect(roles(report)).toContain(`${publicKey} validator`);
      }
      const hash = await send(number);
      for (const one of left) await mined(one, hash);
      await until(
        () => status(former),
        ({ isMember }) => !isMember,
      );
      expect((await fetch(`${url(former)}/ready`)).status).toBe(503);
    },
    RUN_MS,
  );

  it(
    'remembers over a restart of all',
    async () => {
      const left = [1, 2, 3, newcomer.number].filter((one) => one !== former);
      await Promise.all([former, ...left].map((one) => cluster.stop(one)));
      await Promise.all(left.map((one) => cluster.start(one)));
      await leader(left);
      const hash = await send(newcomer.number);
      for (const one of left) await mined(one, hash);
      expect(await members(left[0] ?? 0)).toMatchObject({ epoch: 3, quorum: 2 });
      expect((await members(left[1] ?? 0)).since).toBeGreaterThan(0);
    },
    RUN_MS,
  );

  it(
    'shows an auditor a valid log, from a running node and from the folder of each',
    async () => {
      const genesis = createGenesis(loadGenesis(cluster.config).json);
      const live = await verifyLog({ genesis, source: new RpcLogSource(url(newcomer.number)) });
      expect(live).toMatchObject({ epoch: 3, validators: 3 });
      for (const number of [1, 2, 3]) {
        const source = await openStoredLog(cluster.config.dataPath(number), genesis);
        const stored = await verifyLog({ genesis, source });
        await source.close();
        expect(stored.validators).toBe(3);
        if (number !== former) expect(stored.certified.index).toBeGreaterThanOrEqual(live.entries);
      }
    },
    RUN_MS,
  );
});

describe('a Byzantine cluster of four', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await createCluster({ nodes: 4, genesis: { crashModel: 'BFT' } });
  }, RUN_MS);
  afterAll(() => cluster.close());

  it(
    'changes its members once a quorum of operators asks for the same',
    async () => {
      const url = (number: number): string => cluster.rpcUrls[number - 1] ?? '';
      const { publicKey, address, number } = await cluster.join();
      const change = { action: 'add', publicKey, address };
      const propose = (on: number, what: object = change) =>
        rpc<MembershipAnswer>(url(on), 'mokka_proposeMembership', what);
      const first = await propose(1);
      expect(first).toMatchObject({ state: 'approved', epoch: 1, index: null, approvalsNeeded: 3 });
      expect(first.proposeOn.map(({ node }) => node).sort()).toEqual([2, 3, 4]);
      await expect(propose(1, { action: 'remove', publicKey })).rejects.toMatchObject({
        data: { reason: 'change-under-way' },
      });
      expect(await propose(2)).toMatchObject({ state: 'approved' });
      // The network goes on meanwhile.
      await rpc(url(3), 'eth_sendTransaction', TRANSFER);
      expect(await propose(3)).toMatchObject({ state: 'committed', epoch: 1, proposeOn: [] });
      await until(
        () => rpc<MembersReport>(url(number), 'mokka_getMembers'),
        ({ epoch }) => epoch === 1,
      );
      const hash = await rpc(url(number), 'eth_sendTransaction', TRANSFER);
      await until(
        () => rpc<object | null>(url(number), 'eth_getTransactionReceipt', hash),
        (receipt) => receipt !== null,
      );
      const genesis = createGenesis(loadGenesis(cluster.config).json);
      const source = new RpcLogSource(url(number));
      expect(await verifyLog({ genesis, source })).toMatchObject({ epoch: 1, validators: 4 });
    },
    RUN_MS,
  );
});
