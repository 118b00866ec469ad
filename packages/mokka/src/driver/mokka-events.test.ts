/** The events and questions of a node, as its users see them, over both kinds of transport. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  Ed25519Scheme,
  type Epoch,
  type LogIndex,
  leaderOf,
  MemoryStorage,
  Mokka,
  MokkaError,
  NodeKey,
  StatementSigner,
  type ValidatorSet,
  verifyCertificate,
  verifyLeaderProof,
} from '../index.ts';
import {
  EVENT_CLUSTER,
  memoryCluster,
  type ObservedCluster,
  type ObservedNode,
  tlsCluster,
} from './events-cluster.test.support.ts';
import { until } from './mokka.test.support.ts';

const signer = new StatementSigner(EVENT_CLUSTER, new Ed25519Scheme(NodeKey.generate()));

describe.each([
  ['in memory', memoryCluster],
  ['over TLS and LMDB', tlsCluster],
] as const)('a cluster %s', (_, create) => {
  let cluster: ObservedCluster;
  beforeEach(async () => {
    cluster = await create(3);
  });
  afterEach(() => cluster.dispose());

  const others = (node: ObservedNode) =>
    cluster.nodes.filter((one) => one !== node).map(({ address }) => address.id);
  const numberOfLeader = () =>
    cluster.nodes.findIndex(({ mokka }) => mokka.status().role === 'leader');
  const node = (number: number): ObservedNode => {
    const found = cluster.nodes[number];
    if (found === undefined) throw new Error(`no node ${number}`);
    return found;
  };
  const validatorSet = (): ValidatorSet => ({
    epoch: 0 as Epoch,
    validators: cluster.nodes.map(({ address }) => address.id),
    crashModel: 'CFT',
  });

  it('tells of state, join, log and log_ack, the same entries in the same order everywhere', async () => {
    for (let at = 0; at < 5; at += 1) await node(at % 3).mokka.push(`key ${at}`, at);
    const committed = node(1).mokka.getInfo().committed.index;
    await until(() =>
      cluster.nodes.every(({ seen }) => (seen.log_ack.at(-1)?.entry.index ?? 0) >= committed),
    );
    const leader = node(numberOfLeader());
    for (const one of cluster.nodes) {
      const { seen, mokka } = one;
      expect([...new Set(seen.join.map(({ peer }) => peer))].sort()).toEqual(others(one).sort());
      const { role, term, leader: known } = seen.state.at(-1) ?? {};
      expect({ role, term, leader: known }).toEqual({
        role: one === leader ? 'leader' : 'follower',
        term: mokka.getInfo().term,
        leader: leader.address.id,
      });
      const acknowledged = seen.log_ack.map(({ entry }) => entry);
      expect(acknowledged.map(({ index }) => index)).toEqual(acknowledged.map((_, at) => at + 1));
      expect(acknowledged).toEqual(
        leader.seen.log_ack.map(({ entry }) => entry).slice(0, acknowledged.length),
      );
      // What is committed was accepted before.
      const accepted = new Set(seen.log.map(({ entry }) => entry.hash));
      expect(acknowledged.every(({ hash }) => accepted.has(hash))).toBe(true);
      expect(seen.error).toEqual([]);
    }
  });

  it('tells of leave when the leader is gone, elects another, and tells of join when it is back', async () => {
    await node(0).mokka.push('before', 0);
    await until(() => numberOfLeader() !== -1);
    const number = numberOfLeader();
    const old = node(number);
    const { term } = old.mokka.getInfo();
    const rest = cluster.nodes.filter((one) => one !== old);
    await old.stop();
    await until(() =>
      rest.every(({ seen }) => seen.leave.some(({ peer }) => peer === old.address.id)),
    );
    await Promise.all(rest.map(({ mokka }) => mokka.push(`of ${mokka.getInfo().term}`, 1)));
    for (const { mokka } of rest) expect(mokka.getInfo().term).toBeGreaterThan(term);
    const joins = rest.map(({ seen }) => seen.join.length);
    const back = await cluster.restart(number);
    await until(() => rest.every(({ seen }, at) => seen.join.length > (joins[at] ?? 0)));
    await back.mokka.push('back', 2);
    expect(back.seen.log_ack.length).toBeGreaterThan(0);
  });

  it('answers about entries, certificates and proofs that anyone can verify', async () => {
    for (let at = 0; at < 6; at += 1) await node(0).mokka.push(`key ${at}`, at);
    const { mokka } = node(0);
    const info = mokka.getInfo();
    expect(info.committed.index).toBeGreaterThanOrEqual(7);
    expect(info.certificate?.index).toBe(info.committed.index);
    const entries = (await mokka.getEntriesAfter(0 as LogIndex, 1000)) ?? [];
    expect(entries.map(({ index }) => index)).toEqual(entries.map((_, at) => at + 1));
    expect(entries.at(-1)?.index).toBe(info.last.index);
    expect((await mokka.getEntriesAfter(2 as LogIndex, 3))?.map(({ index }) => index)).toEqual([
      3, 4, 5,
    ]);
    expect(await mokka.getEntriesAfter(info.last.index, 3)).toEqual([]);
    expect(await mokka.getEntriesAfter(0 as LogIndex, 0)).toEqual([]);
    for (const entry of entries) {
      expect(await mokka.getEntry(entry.index)).toEqual(entry);
      const found = await mokka.getCertificate(entry.index);
      if (found === null) throw new Error(`entry ${entry.index} has no certificate`);
      expect(found.entries[0]).toEqual(entry);
      for (const [at, next] of found.entries.slice(1).entries()) {
        expect(next.parentHash).toBe(found.entries[at]?.hash);
      }
      expect(found.entries.at(-1)?.hash).toBe(found.certificate.hash);
      expect(verifyCertificate(found.certificate, validatorSet(), signer)).toBe(true);
      const proof = await mokka.getLeaderProof(entry.term);
      expect(proof !== null && verifyLeaderProof(proof, validatorSet(), signer)).toBe(true);
      expect(leaderOf(validatorSet().validators, entry.term)).toBe(entry.proposer);
    }
    expect(await mokka.getEntry((info.last.index + 1) as LogIndex)).toBeNull();
    expect(await mokka.getCertificate((info.last.index + 1) as LogIndex)).toBeNull();
    expect(await mokka.getLeaderProof((info.term + 9) as typeof info.term)).toBeNull();
  });

  it('gives leadership away when it is asked to, without a heartbeat_timeout', async () => {
    await node(0).mokka.push('before', 0);
    const number = numberOfLeader();
    const target = node((number + 1) % 3);
    const timeouts = cluster.nodes.map(({ seen }) => seen.heartbeat_timeout.length);
    node(number).mokka.transferLeadership(target.address.id);
    await until(() => target.mokka.status().role === 'leader');
    await until(() =>
      cluster.nodes.every(({ mokka }) => mokka.status().leader === target.address.id),
    );
    expect(cluster.nodes.map(({ seen }) => seen.heartbeat_timeout.length)).toEqual(timeouts);
  });
});

describe('a node by itself', () => {
  it('goes on when a listener throws, and no longer calls one that was taken off', async () => {
    const cluster = await memoryCluster(1);
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('no node');
    const heard: number[] = [];
    const listener = () => heard.push(1);
    node.mokka.on('log_ack', listener);
    await node.mokka.push('one', 1);
    const count = heard.length;
    expect(count).toBeGreaterThan(0);
    node.mokka.off('log_ack', listener);
    node.mokka.on('log_ack', () => {
      throw new Error('a listener of the user');
    });
    await node.mokka.push('two', 2);
    expect(heard).toHaveLength(count);
    expect(node.seen.error).toEqual([]);
    await cluster.dispose();
  });

  it('tells of heartbeat_timeout when the other of two is gone, and why it no longer runs', async () => {
    const cluster = await memoryCluster(2);
    const [first, second] = cluster.nodes;
    if (first === undefined || second === undefined) throw new Error('no nodes');
    await first.mokka.push('one', 1);
    const before = first.seen.heartbeat_timeout.length;
    await second.stop();
    await until(() => first.seen.heartbeat_timeout.length > before);
    expect(first.seen.leave.map(({ peer }) => peer)).toContain(second.address.id);
    await cluster.dispose();
    expect(await first.mokka.stopped).toEqual({ kind: 'stopped' });
  });

  it('says that it was not started, and that its store was not created', async () => {
    const [key, absent] = [NodeKey.generate(), NodeKey.generate()];
    const options = {
      identity: { id: key.id, signatures: new Ed25519Scheme(key) },
      clusterId: EVENT_CLUSTER,
      crashModel: 'CFT',
      validators: [key.id, absent.id].map((id, at) => ({ id, host: 'memory', port: at + 1 })),
      transport: {
        listen: async () => undefined,
        setPeers: () => undefined,
        write: () => false,
        close: async () => undefined,
      },
      storage: new MemoryStorage(),
    } as const;
    const unborn = new Mokka(options);
    expect(() => unborn.getInfo()).toThrow(MokkaError);
    expect(() => unborn.status()).toThrow(MokkaError);
    await expect(unborn.start()).rejects.toMatchObject({ code: 'store-not-created' });
  });
});
