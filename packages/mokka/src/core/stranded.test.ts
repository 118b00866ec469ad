/** A node whose promise nobody shares must come to vote again while another leads. */
import { describe, expect, it } from 'vitest';
import {
  certificateOf,
  EPOCH,
  Probe,
  preVoteOf,
  termStartOf,
  termVoteOf,
} from './probe.test.support.ts';
import { nodeId, VirtualCluster } from './virtual-cluster.test.support.ts';

describe('Rule promise', () => {
  it('trap: the term vote of a node that is gone does not count for ever with any single pre-vote', async () => {
    const probe = await Probe.started(0, 3);
    const first = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]);
    await probe.follow(first);
    await probe.receive(2, { type: 'term-vote', termVote: termVoteOf(2, 5), justification: [] });
    const beat = {
      type: 'heartbeat',
      epoch: EPOCH,
      term: first.term,
      last: first,
      committed: first,
    } as const;
    for (let beats = 0; beats < 20; beats += 1) {
      await probe.pass(50);
      await probe.receive(1, beat);
    }
    await probe.pass(600);
    expect(probe.sentOf('pre-vote').length).toBeGreaterThan(0);
    expect(probe.core.status().term).toBe(1);
    await probe.receive(2, { type: 'term-vote', termVote: termVoteOf(2, 5), justification: [] });
    expect(probe.core.status().term).toBe(2);
  });

  it('a promise is repeated after a certificate of an earlier term replaced its lock', async () => {
    const probe = await Probe.started(0, 3);
    await probe.follow(termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]));
    const justification = [preVoteOf(1, 5), preVoteOf(2, 5)];
    await probe.receive(2, { type: 'term-vote', termVote: termVoteOf(2, 5), justification });
    const [promise] = probe.sentOf('term-vote');
    const other = termStartOf(2, 3, [termVoteOf(1, 2), termVoteOf(2, 2)]);
    const certificate = certificateOf(other, [1, 2]);
    await probe.receive(1, { type: 'certificate', certificate });
    const request = probe.sentOf('fetch')[0]?.request ?? 0;
    await probe.receive(1, { type: 'entries', request, entries: [other], certificate: null });
    expect(probe.core.status()).toMatchObject({ commitIndex: 1, term: 5 });
    probe.sent.length = 0;
    await probe.pass(1_000);
    expect(probe.sentOf('term-vote')[0]).toEqual(promise);
  });

  it('trap: a node that was handed a term and lost touch meanwhile follows the next leader again', async () => {
    const cluster = await VirtualCluster.started(3);
    cluster.submit('first');
    cluster.until(() => cluster.nodes.every((_, at) => cluster.committed(at).length === 1));
    const leader = cluster.leader() ?? 0;
    const [next, alone] = [(leader + 1) % 3, (leader + 2) % 3];
    cluster.link = (from) => from !== alone;
    cluster.input(leader, { type: 'transfer-leadership', to: nodeId(alone) });
    cluster.pass(20);
    const promised = cluster.node(alone).running.status().term;
    cluster.link = (from, to) => from !== alone && to !== alone;
    cluster.pass(700);
    cluster.input(leader, { type: 'transfer-leadership', to: nodeId(next) });
    cluster.until(() => cluster.leader() === next);
    expect(cluster.node(next).running.status().term).toBeLessThan(promised);
    cluster.link = () => true;
    cluster.submit('second');
    cluster.until(() => cluster.node(alone).running.status().leader !== null, 5_000);
    cluster.until(() => cluster.nodes.every((_, at) => cluster.committed(at).length === 2));
  });
});
