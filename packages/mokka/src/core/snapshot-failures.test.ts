/** Rule *snapshot* on a machine that can take none for long. */
import { describe, expect, it } from 'vitest';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

const ENTRIES = 40;

describe('an application that fails', () => {
  it('again and again says so once, and tries ever less often', async () => {
    // Entries are no way out here.
    const cluster = new VirtualCluster(3, {}, 'CFT');
    for (const node of cluster.nodes) {
      const limits = { ...node.options.limits, snapshotDistance: 20, maxCacheEntries: 8 };
      node.options = { ...node.options, snapshots: true, limits, retention: { entries: 5 } };
    }
    for (const number of cluster.nodes.keys()) await cluster.start(number);
    cluster.until(() => cluster.leader() !== null);
    const late = [...cluster.nodes.keys()].findLast((number) => number !== cluster.leader()) ?? 0;
    cluster.crash(late);
    const present = [...cluster.nodes.keys()].filter((number) => number !== late);
    for (let at = 0; at < ENTRIES; at += 1) {
      cluster.submit(`payload ${at}`);
      cluster.until(() => present.every((n) => cluster.committed(n).includes(`payload ${at}`)));
    }
    const { failures } = cluster.node(late).snapshots;
    for (let time = 0; time < 100; time += 1) failures.push({ call: 'begin', code: 'full' });
    await cluster.start(late);
    cluster.pass(60_000);
    const tried = 100 - failures.length;
    expect(tried).toBeGreaterThan(2);
    expect(tried).toBeLessThan(10);
    const said = cluster.node(late).events.filter((event) => event.type === 'error');
    expect(said).toHaveLength(1);
  });
});
