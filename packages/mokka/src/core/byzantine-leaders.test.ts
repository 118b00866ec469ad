/** BFT: leaders that lie, stall or censor are voted out, and convicted where they contradict themselves. */
import { describe, expect, it } from 'vitest';
import { createEntry } from '../codec/entry-codec.ts';
import type { Timing } from './options.ts';
import { certificateOf, Probe, proposalOf, termStartOf, termVoteOf } from './probe.test.support.ts';
import { ROOT } from './test-application.test.support.ts';
import type { Epoch, LogIndex, Term } from './types.ts';
import { nodeId, VirtualCluster } from './virtual-cluster.test.support.ts';

const numbers = (cluster: VirtualCluster) => [...cluster.nodes.keys()];
const everyone =
  (cluster: VirtualCluster, count: number, but = -1) =>
  () =>
    numbers(cluster).every((at) => at === but || cluster.committed(at).length >= count);
const termOf = (cluster: VirtualCluster, number: number) =>
  cluster.node(number).running.status().term;

/** A cluster that has committed one payload, with the number of its leader. */
async function running(
  count: number,
  timing: Partial<Timing> = {},
): Promise<{ cluster: VirtualCluster; leader: number; honest: number[] }> {
  const cluster = await VirtualCluster.started(count, timing, 'BFT');
  cluster.submit('first');
  cluster.until(everyone(cluster, 1));
  const leader = cluster.leader() ?? 0;
  return { cluster, leader, honest: numbers(cluster).filter((number) => number !== leader) };
}

function expectAgreement(cluster: VirtualCluster, honest: readonly number[]): void {
  const logs = honest.map((number) =>
    cluster.node(number).application.committed.map(({ hash }) => hash),
  );
  const longest = logs.reduce((left, right) => (right.length > left.length ? right : left));
  for (const log of logs) expect(log).toEqual(longest.slice(0, log.length));
  for (const number of honest) expect(cluster.node(number).halt).toBeNull();
}

describe('leaders that lie', () => {
  it('one that proposes two entries for one place is convicted by whoever sees both, and voted out', async () => {
    const { cluster, leader, honest } = await running(4);
    const [deceived] = honest;
    const term = termOf(cluster, leader);
    cluster.tamper = (from, to, message) => {
      if (from !== leader || message.type !== 'propose') return message;
      const { entry } = message;
      if (entry.kind !== 'payload' || entry.term !== term) return message;
      if (to !== deceived) return message;
      const other = createEntry({ ...entry, payload: new TextEncoder().encode('another') });
      // The deceived one gets both, one after the other.
      cluster.deliver(leader, to, message);
      return proposalOf(leader, other);
    };
    cluster.submit('second');
    cluster.until(() => honest.every((at) => cluster.node(at).running.evidence().length === 1));
    for (const number of honest) {
      const [evidence] = cluster.node(number).running.evidence();
      expect(evidence).toMatchObject({ kind: 'double-vote', first: { voter: nodeId(leader) } });
      expect(cluster.node(number).events.filter(({ type }) => type === 'evidence')).toHaveLength(1);
      // Once to each other validator, by everyone who learned of it.
      expect(cluster.node(number).sentOf('evidence')).toHaveLength(3);
    }
    cluster.until(() => honest.every((number) => termOf(cluster, number) > term), 2_000);
    for (const number of honest) {
      expect(cluster.node(number).tables.numbered.get('evidence')?.size).toBe(1);
    }
    cluster.tamper = (_from, _to, message) => message;
    cluster.submit('third');
    cluster.until(everyone(cluster, 3, leader));
    expectAgreement(cluster, honest);
    expect(cluster.leader()).not.toBe(leader);
  });

  it('one that splits the others with two entries commits neither, and the next leader goes on', async () => {
    const { cluster, leader, honest } = await running(4, { progressTimeout: 1_500 });
    const term = termOf(cluster, leader);
    cluster.tamper = (from, to, message) => {
      if (from !== leader || message.type !== 'propose' || message.entry.term !== term) {
        return message;
      }
      if (message.entry.kind !== 'payload' || to === honest[0]) return message;
      const payload = new TextEncoder().encode(`for ${to}`);
      return proposalOf(leader, createEntry({ ...message.entry, payload }));
    };
    cluster.submit('second');
    cluster.until(() => honest.every((number) => termOf(cluster, number) > term));
    cluster.submit('third');
    cluster.until(() => honest.every((number) => cluster.committed(number).includes('third')));
    expectAgreement(cluster, honest);
  });

  it('one that starts its term twice deceives nobody', async () => {
    const { cluster, leader, honest } = await running(4);
    const next = (leader + 1) % 4;
    cluster.tamper = (from, to, message) => {
      if (from !== next || message.type !== 'propose') return message;
      const { entry } = message;
      if (entry.kind !== 'term-start' || to !== (next + 1) % 4) return message;
      return proposalOf(next, createEntry({ ...entry, timestamp: entry.timestamp + 1 }));
    };
    cluster.crash(leader);
    cluster.submit('second');
    const others = honest.filter((number) => number !== next);
    await cluster.start(leader);
    cluster.until(everyone(cluster, 2, next), 40_000);
    expectAgreement(cluster, [...others, leader]);
  });

  it('one that commits nothing of what it proposed is voted out, whatever its heartbeats say', async () => {
    const { cluster, leader, honest } = await running(4, { progressTimeout: 1_500 });
    const term = termOf(cluster, leader);
    cluster.tamper = (from, _to, message) => {
      if (from !== leader) return message;
      if (message.type === 'certificate') return null;
      if (message.type !== 'heartbeat' || message.term !== term) return message;
      // As if nothing were open.
      return { ...message, last: message.committed };
    };
    cluster.submit('second');
    const since = cluster.now;
    cluster.until(everyone(cluster, 2, leader));
    expect(cluster.now - since).toBeLessThan(4_000);
    expect(honest.every((number) => termOf(cluster, number) > term)).toBe(true);
  });

  it('a leader that claims entries it never sends does not make others believe that they are stuck', async () => {
    const probe = await Probe.started(0, 4, { progressTimeout: 1_000 }, 'BFT');
    const first = termStartOf(
      1,
      4,
      [1, 2, 3].map((voter) => termVoteOf(voter, 1)),
    );
    await probe.follow(first);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(first, [1, 2, 3]) });
    const last = { index: 9 as LogIndex, hash: first.hash };
    for (let beat = 0; beat < 60; beat += 1) {
      await probe.pass(50);
      await probe.receive(1, {
        type: 'heartbeat',
        epoch: 0 as Epoch,
        term: 1 as Term,
        last,
        committed: ROOT,
      });
    }
    expect(probe.core.status().role).toBe('follower');
  });

  it('one that proposes what the applications refuse is voted out', async () => {
    const { cluster, leader, honest } = await running(4);
    const term = termOf(cluster, leader);
    for (const number of honest) {
      cluster.node(number).application.rejects = (entry) =>
        entry.proposer === nodeId(leader) && entry.kind === 'payload' && entry.term === term;
    }
    const since = cluster.now;
    cluster.submit('second');
    cluster.until(everyone(cluster, 2));
    expect(cluster.now - since).toBeLessThan(2_500);
    expect(cluster.leader()).not.toBe(leader);
  });

  it('what one node refused and a quorum committed is forgiven', async () => {
    const { cluster, leader, honest } = await running(4);
    const [strict] = honest;
    const application = cluster.node(strict ?? 0).application;
    application.rejects = (entry) => entry.kind === 'payload';
    cluster.submit('second');
    cluster.until(everyone(cluster, 2));
    application.rejects = () => false;
    cluster.pass(2_000);
    expect(cluster.node(strict ?? 0).running.status()).toMatchObject({ role: 'follower' });
    expect(cluster.leader()).toBe(leader);
  });
});

describe('Rule progress', () => {
  it('a complaint by a quorum unseats the leader', async () => {
    const { cluster, leader, honest } = await running(4);
    const term = termOf(cluster, leader);
    for (const number of honest) cluster.input(number, { type: 'complaint', active: true });
    cluster.until(() => honest.every((number) => termOf(cluster, number) > term), 2_000);
    cluster.submit('second');
    cluster.until(everyone(cluster, 2));
    const settled = cluster.leader();
    cluster.pass(3_000);
    expect(cluster.leader()).toBe(settled);
  });

  it('a complaint by f does not, and ends when it is taken back', async () => {
    const { cluster, leader, honest } = await running(4);
    const term = termOf(cluster, leader);
    const complainer = honest[0] ?? 0;
    cluster.input(complainer, { type: 'complaint', active: true });
    cluster.pass(5_000);
    expect(cluster.node(complainer).running.status().role).toBe('candidate');
    cluster.submit('second');
    cluster.until(everyone(cluster, 2));
    cluster.input(complainer, { type: 'complaint', active: false });
    cluster.pass(1_000);
    expect(cluster.node(complainer).running.status().role).toBe('follower');
    expect(numbers(cluster).map((number) => termOf(cluster, number))).toEqual([
      term,
      term,
      term,
      term,
    ]);
  });
});
