/** Rule *snapshot*: an offered snapshot whose chunks nobody keeps. */
import { describe, expect, it } from 'vitest';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

const DISTANCE = 20;

function commit(cluster: VirtualCluster, nodes: readonly number[], count: number, word: string) {
  for (let at = 0; at < count; at += 1) {
    cluster.submit(`${word} ${at}`);
    cluster.until(() => nodes.every((node) => cluster.committed(node).includes(`${word} ${at}`)));
  }
}

describe('a liar who offers a snapshot that nobody keeps', () => {
  it('costs a pause: others are asked first afterwards', async () => {
    const cluster = new VirtualCluster(4, {}, 'BFT');
    for (const node of cluster.nodes) {
      const limits = { ...node.options.limits, snapshotDistance: DISTANCE };
      node.options = { ...node.options, snapshots: true, limits };
    }
    for (const number of cluster.nodes.keys()) await cluster.start(number);
    cluster.until(() => cluster.leader() !== null);
    const late = [3, 2].find((number) => number !== cluster.leader()) ?? 3;
    const present = [0, 1, 2, 3].filter((number) => number !== late);
    const liar = present.find((number) => number !== cluster.leader()) ?? 0;
    cluster.crash(late);
    commit(cluster, present, 2 * DISTANCE, 'missed');
    cluster.node(liar).snapshots.offer(1);
    commit(cluster, present, 2, 'more');
    // Theirs is another one.
    for (const number of present) if (number !== liar) cluster.node(number).snapshots.offer(1);
    commit(cluster, present, 2, 'newer');
    cluster.tamper = (from, _to, message) => {
      if (message.type === 'entries') return { ...message, entries: [], certificate: null };
      return from === liar && message.type === 'chunk' ? { ...message, bytes: null } : message;
    };
    await cluster.start(late);
    cluster.until(() => cluster.node(late).events.some(({ type }) => type === 'snapshot'));
    const requests = cluster
      .node(late)
      .sent.filter(({ message }) => message.type === 'snapshot-request');
    expect(requests[0]?.to).toBe(cluster.node(liar).options.self);
  });
});
