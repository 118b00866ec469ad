import { describe, expect, it } from 'vitest';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

const everyone = (cluster: VirtualCluster, count: number) => () =>
  cluster.nodes.every(
    (node, number) => node.core === null || cluster.committed(number).length >= count,
  );

describe('replication', () => {
  it.each([1, 2, 3, 5])('commits on every one of %i validators', async (count) => {
    const cluster = await VirtualCluster.started(count);
    for (let at = 0; at < 20; at += 1) cluster.submit(`payload ${at}`);
    cluster.until(everyone(cluster, 20));
    expect(cluster.committed(0)).toEqual(cluster.committed(count - 1));
  });

  it('goes on within a second after the leader is killed, and takes it back', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.submit('before');
    cluster.until(everyone(cluster, 1));
    const leader = cluster.leader() ?? 0;
    cluster.crash(leader);
    const killed = cluster.now;
    cluster.submit('after');
    cluster.until(everyone(cluster, 2));
    expect(cluster.now - killed).toBeLessThan(1_000);
    await cluster.start(leader);
    cluster.until(everyone(cluster, 2));
  });

  it('continues after all were stopped at once', async () => {
    const cluster = await VirtualCluster.started(3);
    for (let at = 0; at < 30; at += 1) cluster.submit(`payload ${at}`);
    cluster.until(everyone(cluster, 10));
    for (const number of cluster.nodes.keys()) cluster.crash(number);
    for (const number of cluster.nodes.keys()) await cluster.start(number);
    cluster.submit('last');
    cluster.until(everyone(cluster, 31));
    expect(cluster.committed(0)).toEqual(cluster.committed(2));
  });

  it.each(['CFT', 'BFT'] as const)(
    'begins soon after the last validator of a quorum has come, however late (%s)',
    async (crashModel) => {
      const cluster = new VirtualCluster(7, {}, crashModel);
      const quorum = crashModel === 'CFT' ? 4 : 5;
      for (let number = 0; number < quorum - 1; number += 1) await cluster.start(number);
      cluster.submit('first');
      cluster.pass(60_000);
      expect(cluster.committed(0)).toEqual([]);
      await cluster.start(6);
      const since = cluster.now;
      cluster.until(everyone(cluster, 1));
      expect(cluster.now - since).toBeLessThan(5_000);
    },
  );

  it('brings a node up to date that was away for a thousand entries', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.submit('first');
    cluster.until(everyone(cluster, 1));
    const away = ((cluster.leader() ?? 0) + 1) % 3;
    cluster.crash(away);
    for (let at = 0; at < 1000; at += 1) cluster.submit(`payload ${at}`);
    cluster.until(everyone(cluster, 1001), 60_000);
    await cluster.start(away);
    cluster.until(everyone(cluster, 1001));
    expect(cluster.committed(away)).toEqual(cluster.committed(cluster.leader() ?? 0));
  });
});
