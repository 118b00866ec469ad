/** Rule *read-index*: a confirmed read sees all that was shown before it was asked for, without trusting leader or clock. */
import { describe, expect, it } from 'vitest';
import type { Message } from './message.ts';
import { VirtualCluster } from './virtual-cluster.test.support.ts';

async function led(count: number): Promise<VirtualCluster> {
  const cluster = await VirtualCluster.started(count);
  cluster.until(() => cluster.leader() !== null);
  cluster.submit('first');
  cluster.until(() => cluster.nodes.every((_, number) => cluster.committed(number).length === 1));
  return cluster;
}

function last<T>(list: readonly T[]): T | undefined {
  return list[list.length - 1];
}

describe('Rule read-index', () => {
  it('confirms a read at every node, leader or not', async () => {
    const cluster = await led(3);
    for (const [number, node] of cluster.nodes.entries()) {
      cluster.input(number, { type: 'read-index', read: 1 });
      cluster.until(() => node.reads.length > 0, 1_000);
      expect(last(node.reads)).toEqual({ through: 1, index: node.running.status().appliedIndex });
    }
  });

  it('confirms a read of a single validator without asking anybody', async () => {
    const cluster = await led(1);
    cluster.input(0, { type: 'read-index', read: 1 });
    cluster.until(() => cluster.node(0).reads.length > 0, 1);
    expect(cluster.node(0).sentOf('read-index')).toEqual([]);
  });

  it('does not confirm at a node that is cut off, though it still takes itself for the leader', async () => {
    const cluster = await led(3);
    const old = cluster.leader() ?? 0;
    cluster.link = (from, to) => from !== old && to !== old;
    cluster.input(old, { type: 'read-index', read: 1 });
    expect(cluster.node(old).running.status().role).toBe('leader');
    cluster.submit('second');
    const other = (old + 1) % 3;
    cluster.until(() => cluster.committed(other).length === 2);
    expect(cluster.node(old).reads).toEqual([]);
    cluster.link = () => true;
    cluster.until(() => cluster.node(old).reads.length > 0);
    expect(cluster.committed(old)).toEqual(['first', 'second']);
  });

  it('waits for an entry that a quorum has stored and this node does not have', async () => {
    const cluster = await led(3);
    const leader = cluster.leader() ?? 0;
    const behind = (leader + 1) % 3;
    cluster.link = (from, to, message) =>
      to !== behind || message.type === 'read-position' || from === to;
    cluster.submit('second');
    cluster.until(() => cluster.committed(leader).length === 2);
    cluster.input(behind, { type: 'read-index', read: 1 });
    cluster.pass(100);
    expect(cluster.node(behind).reads).toEqual([]);
    cluster.link = () => true;
    cluster.until(() => cluster.node(behind).reads.length > 0);
    expect(cluster.committed(behind)).toEqual(['first', 'second']);
  });

  it('never lets a read share a round that began before it was asked for', async () => {
    const cluster = await led(3);
    const reader = ((cluster.leader() ?? 0) + 1) % 3;
    const node = cluster.node(reader);
    cluster.input(reader, { type: 'read-index', read: 1 });
    cluster.until(() => node.sentOf('read-index').length > 0, 10);
    cluster.input(reader, { type: 'read-index', read: 2 });
    cluster.until(() => last(node.reads)?.through === 2, 1_000);
    expect(node.reads.map(({ through }) => through)).toEqual([1, 2]);
    const rounds = new Set(node.sentOf('read-index').map(({ request }) => request));
    expect(rounds.size).toBe(2);
  });

  it('is not held up by an entry that nobody will ever commit', async () => {
    const cluster = await led(3);
    const old = cluster.leader() ?? 0;
    // An entry that only the cut off leader has; the others go on without it, in a later term.
    cluster.link = (from, to) => from !== old && to !== old;
    cluster.node(old).application.pending.push(new TextEncoder().encode('lonely'));
    cluster.input(old, { type: 'pending' });
    const other = (old + 1) % 3;
    const term = cluster.node(old).running.status().term;
    cluster.until(() => {
      const { term: now, commitIndex } = cluster.node(other).running.status();
      return now > term && commitIndex > cluster.node(old).running.status().commitIndex;
    });
    cluster.link = (from, to, message) =>
      (from !== old && to !== old) ||
      message.type === 'read-index' ||
      message.type === 'read-position';
    cluster.input(other, { type: 'read-index', read: 1 });
    cluster.until(() => cluster.node(other).reads.length > 0, 1_000);
    expect(cluster.committed(other)).toEqual(['first']);
  });

  it('asks again when question or answers are lost', async () => {
    const cluster = await led(3);
    const reader = ((cluster.leader() ?? 0) + 1) % 3;
    cluster.link = (_from, _to, message) => message.type !== 'read-position';
    cluster.input(reader, { type: 'read-index', read: 1 });
    cluster.pass(50);
    expect(cluster.node(reader).reads).toEqual([]);
    cluster.link = () => true;
    cluster.until(() => cluster.node(reader).reads.length > 0, 1_000);
  });

  it('does not take an answer to a question of its life before a restart', async () => {
    const cluster = await led(3);
    const leader = cluster.leader() ?? 0;
    const reader = (leader + 1) % 3;
    const late: Message[] = [];
    cluster.link = (_from, _to, message) => {
      if (message.type !== 'read-position') return true;
      late.push(message);
      return false;
    };
    cluster.input(reader, { type: 'read-index', read: 1 });
    cluster.until(() => late.length === 2, 100);
    cluster.link = (from, to) => from !== reader && to !== reader;
    cluster.crash(reader);
    cluster.submit('second');
    cluster.until(() => cluster.committed(leader).length === 2);
    await cluster.start(reader);
    cluster.input(reader, { type: 'read-index', read: 1 });
    for (const message of late) cluster.deliver(leader, reader, message);
    cluster.pass(10);
    expect(cluster.node(reader).reads).toEqual([]);
  });
});
