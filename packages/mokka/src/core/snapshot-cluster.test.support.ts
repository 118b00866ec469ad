/** Clusters in which a node is far behind, for tests of rule *snapshot*. */
import { expect } from 'vitest';
import type { CrashModel } from './types.ts';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

export const DISTANCE = 20;

export async function startedCluster(
  count: number,
  crashModel: CrashModel = 'CFT',
  options: Partial<VirtualCluster['nodes'][number]['options']> = {},
): Promise<VirtualCluster> {
  const cluster = new VirtualCluster(count, {}, crashModel);
  for (const node of cluster.nodes) {
    const limits = {
      ...node.options.limits,
      snapshotDistance: DISTANCE,
      maxCacheEntries: 8,
      maxFetchEntries: 2,
    };
    node.options = { ...node.options, snapshots: true, limits, ...options };
  }
  for (const number of cluster.nodes.keys()) await cluster.start(number);
  cluster.until(() => cluster.leader() !== null);
  return cluster;
}

/** Commits payloads one after the other on the nodes that run. */
export function commit(cluster: VirtualCluster, count: number, word = 'payload'): void {
  const running = [...cluster.nodes.keys()].filter((number) => cluster.node(number).core !== null);
  for (let at = 0; at < count; at += 1) {
    cluster.submit(`${word} ${at}`);
    cluster.until(() =>
      running.every((number) => cluster.committed(number).includes(`${word} ${at}`)),
    );
  }
}

/** A node that missed more than the distance. */
export async function withOneBehind(
  count: number,
  crashModel: CrashModel = 'CFT',
  options: Partial<VirtualCluster['nodes'][number]['options']> = {},
): Promise<{ cluster: VirtualCluster; late: number }> {
  const cluster = await startedCluster(count, crashModel, options);
  commit(cluster, 3, 'early');
  const late = [...cluster.nodes.keys()].findLast((number) => number !== cluster.leader()) ?? 0;
  cluster.crash(late);
  commit(cluster, 2 * DISTANCE);
  // Made a while ago, so that entries lead on from it.
  for (const [number, { snapshots }] of cluster.nodes.entries()) {
    if (number !== late) snapshots.offer(1);
  }
  commit(cluster, 5, 'more');
  return { cluster, late };
}

export function tookSnapshot(cluster: VirtualCluster, number: number): boolean {
  return cluster.node(number).events.some(({ type }) => type === 'snapshot');
}

export function expectSame(cluster: VirtualCluster): void {
  const states = cluster.nodes.map((node) => node.application.info().stateDigest);
  expect(new Set(states).size).toBe(1);
  for (const node of cluster.nodes) expect(node.halt).toBeNull();
}

/** It is level with the others, and takes part. */
export function expectGoesOn(cluster: VirtualCluster, word = 'afterwards'): void {
  cluster.submit(word);
  cluster.until(() =>
    [...cluster.nodes.keys()].every((number) => cluster.committed(number).includes(word)),
  );
  expectSame(cluster);
}
