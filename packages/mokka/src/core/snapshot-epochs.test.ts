/** Rules *snapshot* and *membership*: a snapshot of a later epoch is verified by stepping through the epochs between. */
import { describe, expect, it } from 'vitest';
import { nodeId, VirtualCluster } from './virtual-cluster.test.support.ts';

const DISTANCE = 20;

function commit(cluster: VirtualCluster, nodes: readonly number[], count: number, word: string) {
  for (let at = 0; at < count; at += 1) {
    cluster.submit(`${word} ${at}`);
    cluster.until(() => nodes.every((node) => cluster.committed(node).includes(`${word} ${at}`)));
  }
}

/** Another member, and with it another epoch. */
async function addObserver(cluster: VirtualCluster, at: number): Promise<void> {
  const added = await cluster.join();
  const { results } = cluster.node(at);
  const count = results.length;
  const member = { id: nodeId(added), host: `node-${added}`, port: 1 };
  cluster.input(at, {
    type: 'propose-membership',
    request: count,
    change: { type: 'add', member },
    timeout: 5_000,
  });
  cluster.until(() => results.length > count);
}

/** The last node missed two epochs; the others offer a snapshot of the first of them. */
async function withOneInAnEarlierEpoch(): Promise<VirtualCluster> {
  const cluster = new VirtualCluster(3);
  for (const node of cluster.nodes) {
    const limits = { ...node.options.limits, snapshotDistance: DISTANCE, maxFetchEntries: 2 };
    node.options = { ...node.options, snapshots: true, limits };
  }
  for (const number of [0, 1, 2]) await cluster.start(number);
  cluster.until(() => cluster.leader() !== null);
  commit(cluster, [0, 1, 2], 2, 'early');
  cluster.crash(2);
  commit(cluster, [0, 1], 2 * DISTANCE, 'missed');
  await addObserver(cluster, 0);
  commit(cluster, [0, 1], 3, 'first');
  for (const number of [0, 1]) cluster.node(number).snapshots.offer(1);
  commit(cluster, [0, 1], 3, 'second');
  await addObserver(cluster, 1);
  commit(cluster, [0, 1], 3, 'third');
  return cluster;
}

describe('a snapshot of a later epoch', () => {
  it('is taken by a node that steps through the epochs, and starts again from it', async () => {
    const cluster = await withOneInAnEarlierEpoch();
    await cluster.start(2);
    const late = cluster.node(2);
    cluster.until(() => late.events.some(({ type }) => type === 'snapshot'));
    commit(cluster, [0, 1, 2], 1, 'together');
    expect(late.running.status().epoch).toBe(2);
    expect(late.halt).toBeNull();
    cluster.crash(2);
    await cluster.start(2);
    expect(late.running.status().epoch).toBe(2);
    commit(cluster, [0, 1, 2], 1, 'again');
  });

  it.each(['left out', 'without its votes'])(
    'is refused with a membership entry %s',
    async (how) => {
      const cluster = await withOneInAnEarlierEpoch();
      let refused = 0;
      cluster.tamper = (_from, _to, message) => {
        if (message.type !== 'snapshot-offer' || message.offer === null) return message;
        if (message.offer.memberships.length === 0) return message;
        refused += 1;
        const memberships = message.offer.memberships.map(({ entry, certificate }) => ({
          entry,
          certificate: { ...certificate, votes: certificate.votes.slice(1) },
        }));
        const offer = { ...message.offer, memberships: how === 'left out' ? [] : memberships };
        return { ...message, offer };
      };
      await cluster.start(2);
      commit(cluster, [0, 1, 2], 1, 'together');
      const late = cluster.node(2);
      expect(refused).toBeGreaterThan(0);
      expect(late.events.some(({ type }) => type === 'snapshot')).toBe(false);
      expect(late.running.status().epoch).toBe(2);
    },
  );
});

/** Node 2 is away while the others delete what it lacks. */
async function withoutOne(): Promise<VirtualCluster> {
  const cluster = new VirtualCluster(3);
  for (const node of cluster.nodes) {
    const limits = { ...node.options.limits, snapshotDistance: DISTANCE };
    node.options = { ...node.options, snapshots: true, limits, retention: { entries: 5 } };
  }
  for (const number of [0, 1, 2]) await cluster.start(number);
  cluster.until(() => cluster.leader() !== null);
  commit(cluster, [0, 1, 2], 2, 'early');
  cluster.crash(2);
  commit(cluster, [0, 1], 4 * DISTANCE, 'missed');
  return cluster;
}

describe('pruning', () => {
  it('leaves a way for whoever lacks what is deleted, also when nothing can be committed without it', async () => {
    const cluster = await withoutOne();
    expect(cluster.node(0).running.position().lowest).toBeGreaterThan(DISTANCE);
    expect(cluster.node(1).running.position().lowest).toBeGreaterThan(DISTANCE);
    // Now two are needed, and one of them lacks what the other has deleted.
    cluster.crash(0);
    await cluster.start(2);
    commit(cluster, [1, 2], 1, 'together');
  });

  it('leaves that way over a restart, when the newest snapshot is not proved yet', async () => {
    const cluster = await withoutOne();
    cluster.crash(0);
    // Only the vote of the one that is behind could prove it.
    const { snapshots } = cluster.node(1);
    const newest = snapshots.offer(cluster.committed(1).length + 1);
    expect(newest?.entry).toEqual(cluster.node(1).application.info().applied);
    cluster.crash(1);
    await cluster.start(1);
    await cluster.start(2);
    commit(cluster, [1, 2], 1, 'together');
    expect(cluster.node(2).events.some(({ type }) => type === 'snapshot')).toBe(true);
  });
});
