/** Directed tests of what must go on; each names its rule, or the liveness trap of docs/protocol.md it stays out of. */
import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.ts';
import { DEFAULT_TIMING } from './options.ts';
import {
  certificateOf,
  EPOCH,
  Probe,
  preVoteOf,
  signerFor,
  termStartOf,
  termVoteOf,
} from './probe.test.support.ts';
import type { HandOver, Lock, Yield } from './statements.ts';
import type { EntryHash, Epoch, LogIndex, Term } from './types.ts';
import { nodeId, VirtualCluster } from './virtual-cluster.test.support.ts';

const lockOf = ({ term, index, hash }: Entry): Lock => ({ term, index, hash });
const everyone = (cluster: VirtualCluster, count: number) => () =>
  cluster.nodes.every((node, at) => node.core === null || cluster.committed(at).length >= count);

/** A cluster that has committed one payload, with the number of its leader. */
async function running(
  count: number,
  timing = {},
): Promise<{ cluster: VirtualCluster; leader: number }> {
  const cluster = await VirtualCluster.started(count, timing);
  cluster.submit('first');
  cluster.until(everyone(cluster, 1));
  return { cluster, leader: cluster.leader() ?? 0 };
}

const timeouts = (cluster: VirtualCluster) =>
  cluster.nodes.flatMap((node) => node.events).filter((event) => event.type === 'heartbeat_timeout')
    .length;

describe('Rule pre-vote', () => {
  it('trap: pre-votes expire and do not add up to a quorum over time', async () => {
    const probe = await Probe.started(0, 5);
    const first = termStartOf(
      1,
      5,
      [1, 2, 3].map((voter) => termVoteOf(voter, 1)),
    );
    await probe.follow(first);
    for (const sender of [2, 3, 4, 2, 3, 4]) {
      await probe.receive(sender, { type: 'pre-vote', preVote: preVoteOf(sender, 2), relayed: [] });
      for (let beat = 0; beat < 8; beat += 1) {
        await probe.pass(50);
        await probe.receive(1, {
          type: 'heartbeat',
          epoch: EPOCH,
          term: 1 as Term,
          last: first,
          committed: first,
        });
      }
    }
    expect(probe.core.status().term).toBe(1);
    for (const sender of [2, 3, 4]) {
      await probe.receive(sender, { type: 'pre-vote', preVote: preVoteOf(sender, 2), relayed: [] });
    }
    expect(probe.core.status().term).toBe(2);
  });

  it('a pre-vote is void once its sender reports a live leader', async () => {
    const probe = await Probe.started(0, 5);
    for (const sender of [1, 2]) {
      await probe.receive(sender, { type: 'pre-vote', preVote: preVoteOf(sender, 1), relayed: [] });
      await probe.receive(sender, { type: 'leader-alive', term: 0 as Term });
    }
    for (const sender of [3, 4]) {
      await probe.receive(sender, { type: 'pre-vote', preVote: preVoteOf(sender, 1), relayed: [] });
    }
    expect(probe.core.status().term).toBe(0);
  });

  it('pre-votes for later terms count for earlier ones, and relayed ones count', async () => {
    const probe = await Probe.started(0, 5);
    await probe.receive(1, {
      type: 'pre-vote',
      preVote: preVoteOf(1, 3),
      relayed: [preVoteOf(2, 9), preVoteOf(3, 4)],
    });
    expect(probe.core.status().term).toBe(3);
  });

  it('follows nobody to the end of all terms', async () => {
    const probe = await Probe.started(0, 3);
    const preVote = preVoteOf(1, Number.MAX_SAFE_INTEGER);
    await probe.pass(300);
    await probe.receive(1, { type: 'pre-vote', preVote, relayed: [] });
    await probe.pass(300);
    expect(probe.sentOf('pre-vote')[0]?.preVote.term).toBeLessThan(5);
    expect(probe.core.status()).toMatchObject({ term: 0, halted: null });
  });

  it('promises and stores nothing', async () => {
    const probe = await Probe.started(0, 3);
    await probe.pass(2_000);
    expect(probe.sentOf('pre-vote').length).toBeGreaterThan(3);
    expect(probe.effects.filter((effect) => effect.type === 'persist')).toEqual([]);
    expect(probe.core.status()).toMatchObject({ term: 0, role: 'candidate' });
    expect(probe.core.status().waitingFor).toMatchObject({
      what: 'pre-votes',
      from: [nodeId(1), nodeId(2)],
    });
  });

  it('a node that was cut off does not unseat the leader when it returns', async () => {
    const { cluster, leader } = await running(3);
    const term = cluster.node(leader).running.status().term;
    const away = (leader + 1) % 3;
    cluster.link = (from, to) => from !== away && to !== away;
    cluster.pass(5_000);
    cluster.link = () => true;
    cluster.submit('second');
    cluster.until(everyone(cluster, 2));
    cluster.pass(2_000);
    expect(cluster.node(leader).running.status()).toMatchObject({ role: 'leader', term });
    expect(cluster.node(away).running.status()).toMatchObject({ role: 'follower', term });
  });

  it('trap: in a star only the hub can lead, and it comes to lead', async () => {
    const { cluster, leader } = await running(5);
    const hub = (leader + 2) % 5;
    cluster.link = (from, to) => from === hub || to === hub;
    cluster.submit('second');
    cluster.until(everyone(cluster, 2), 60_000);
    expect(cluster.leader()).toBe(hub);
  });

  it('trap: nodes that know different leaders as disconnected come together', async () => {
    const { cluster, leader } = await running(5);
    cluster.crash(leader);
    const [a, b] = [(leader + 1) % 5, (leader + 2) % 5];
    const cut = (from: number, to: number) =>
      (from === a && to === (b + 1) % 5) || (from === b && to === a);
    cluster.link = (from, to) => !cut(from, to) && !cut(to, from);
    for (const [node, peer] of [
      [a, (b + 1) % 5],
      [b, a],
    ] as const) {
      cluster.input(node, { type: 'peer-disconnected', peer: nodeId(peer) });
      cluster.input(peer, { type: 'peer-disconnected', peer: nodeId(node) });
    }
    cluster.submit('second');
    cluster.until(everyone(cluster, 2), 30_000);
  });
});

describe('Rule promise', () => {
  it('trap: a node that term-voted alone brings the others along', async () => {
    const { cluster, leader } = await running(3);
    const [alone, other] = [(leader + 1) % 3, (leader + 2) % 3];
    const term = cluster.node(leader).running.status().term + 1;
    cluster.link = (from) => from !== alone;
    for (const sender of [leader, other]) {
      cluster.deliver(sender, alone, {
        type: 'pre-vote',
        preVote: preVoteOf(sender, term),
        relayed: [],
      });
    }
    cluster.pass(500);
    expect(cluster.node(alone).running.status().term).toBe(term);
    expect(cluster.node(leader).running.status().role).toBe('leader');
    cluster.link = () => true;
    cluster.submit('second');
    cluster.until(everyone(cluster, 2));
    expect(cluster.node(alone).running.status().term).toBeGreaterThanOrEqual(term);
  });
});

describe('Rule proof', () => {
  const unknown: Lock = {
    term: 1 as Term,
    index: 4 as LogIndex,
    hash: 'ee'.repeat(32) as EntryHash,
  };
  const quorum = (term: number) => [preVoteOf(1, term), preVoteOf(3, term), preVoteOf(4, term)];

  it('trap: a candidate that can not get the highest lock takes a quorum without it', async () => {
    const probe = await Probe.started(2, 5);
    for (const [voter, lock] of [
      [1, unknown],
      [3, undefined],
      [4, undefined],
    ] as const) {
      const termVote = termVoteOf(voter, 2, lock);
      probe.held.add('persist');
      await probe.receive(voter, { type: 'term-vote', termVote, justification: quorum(2) });
    }
    await probe.release();
    expect(probe.core.status().waitingFor).toMatchObject({ what: 'anchor', from: [nodeId(1)] });
    expect(probe.sentOf('fetch').length).toBeGreaterThan(0);
    await probe.pass(250);
    expect(probe.core.status().role).toBe('leader');
    expect(probe.sentOf('propose')[0]?.entry.index).toBe(1);
  });

  it('Rule yield: without such a quorum the candidate gives the term up, and others time out at once', async () => {
    const probe = await Probe.started(2, 5);
    for (const voter of [1, 3]) {
      const termVote = termVoteOf(voter, 2, unknown);
      await probe.receive(voter, { type: 'term-vote', termVote, justification: quorum(2) });
    }
    await probe.pass(400);
    expect(probe.sentOf('yield')).toHaveLength(4);
    expect(probe.sentOf('propose')).toEqual([]);
    expect(probe.sentOf('pre-vote')[0]?.preVote.term).toBe(3);

    const other = await Probe.started(0, 5);
    const justification = quorum(2);
    await other.receive(1, { type: 'term-vote', termVote: termVoteOf(1, 2), justification });
    const statement = signerFor(2).sign<Yield>({
      type: 'yield',
      epoch: 0 as Epoch,
      term: 2 as Term,
      sender: nodeId(2),
    });
    await other.receive(2, { type: 'yield', yield: statement });
    expect(other.sentOf('pre-vote')[0]?.preVote.term).toBe(3);
  });

  it('trap: an adopted anchor whose data nobody has does not stop the next term', async () => {
    const probe = await Probe.started(0, 3);
    const votes = [termVoteOf(1, 1), termVoteOf(2, 1)];
    await probe.follow(
      termStartOf(
        4,
        3,
        votes.map(({ voter }) => termVoteOf(voter === nodeId(1) ? 1 : 2, 4, unknown)),
        unknown,
      ),
    );
    await probe.pass(3_000);
    expect(probe.core.status()).toMatchObject({ term: 4, role: 'candidate' });
    expect(probe.sentOf('fetch').length).toBeGreaterThan(1);
  });
});

describe('Rule expiry', () => {
  it('hands leadership over before the proof expires, without a gap', async () => {
    const { cluster, leader } = await running(3, { proofExpiration: 3_000 });
    const before = timeouts(cluster);
    for (let at = 0; at < 60; at += 1) {
      cluster.submit(`payload ${at}`);
      const since = cluster.now;
      cluster.until(everyone(cluster, at + 2));
      expect(cluster.now - since).toBeLessThan(300);
      cluster.pass(200);
    }
    expect(cluster.leader()).not.toBe(leader);
    expect(timeouts(cluster)).toBe(before);
  });

  it('an asked-for transfer goes to the named validator', async () => {
    const { cluster, leader } = await running(5);
    const before = timeouts(cluster);
    const heir = (leader + 3) % 5;
    cluster.input(leader, { type: 'transfer-leadership', to: nodeId(heir) });
    cluster.until(() => cluster.leader() === heir);
    expect(timeouts(cluster)).toBe(before);
  });

  it('a leader whose successor never answers goes on leading', async () => {
    const { cluster, leader } = await running(3);
    const heir = (leader + 1) % 3;
    cluster.link = (_from, to, message) => !(to === heir && message.type === 'hand-over');
    cluster.input(leader, { type: 'transfer-leadership', to: nodeId(heir) });
    cluster.submit('second');
    cluster.until(everyone(cluster, 2));
    expect(cluster.leader()).toBe(leader);
  });

  it('a hand-over counts at nodes of its own term only, and from its leader only', async () => {
    const probe = await Probe.started(2, 3);
    const handOver = (signer: number, fromTerm: number) =>
      signerFor(signer).sign<HandOver>({
        type: 'hand-over',
        epoch: 0 as Epoch,
        fromTerm: fromTerm as Term,
        toTerm: (fromTerm + 1) as Term,
        leader: nodeId(signer),
      });
    await probe.receive(1, { type: 'hand-over', handOver: handOver(1, 1) });
    await probe.follow(termStartOf(1, 3, [termVoteOf(0, 1), termVoteOf(1, 1)]));
    await probe.receive(0, { type: 'hand-over', handOver: handOver(0, 1) });
    expect(probe.core.status().term).toBe(1);
    await probe.receive(1, { type: 'hand-over', handOver: handOver(1, 1) });
    expect(probe.core.status().term).toBe(2);
  });
});

describe('Rule step-down', () => {
  it('a leader that hears no quorum stops leading', async () => {
    const { cluster, leader } = await running(3);
    cluster.link = (from, to) => from !== leader && to !== leader;
    const since = cluster.now;
    cluster.until(() => cluster.node(leader).running.status().role !== 'leader');
    expect(cluster.now - since).toBeLessThan(700);
    cluster.until(() => cluster.leader() !== null);
    cluster.link = () => true;
    cluster.submit('second');
    cluster.until(everyone(cluster, 2));
  });
});

describe('Rule progress', () => {
  it('heartbeats of a leader that commits nothing of what it shows stop counting', async () => {
    const probe = await Probe.started(0, 3, { progressTimeout: 2_000 });
    const first = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]);
    await probe.follow(first);
    const root = { index: 0 as LogIndex, hash: first.parentHash };
    for (let beat = 0; beat < 35; beat += 1) {
      await probe.pass(50);
      await probe.receive(1, {
        type: 'heartbeat',
        epoch: EPOCH,
        term: 1 as Term,
        last: lockOf(first),
        committed: root,
      });
    }
    expect(probe.core.status().role).toBe('follower');
    for (let beat = 0; beat < 30; beat += 1) {
      await probe.pass(50);
      await probe.receive(1, {
        type: 'heartbeat',
        epoch: EPOCH,
        term: 1 as Term,
        last: lockOf(first),
        committed: root,
      });
    }
    expect(probe.core.status().role).toBe('candidate');
  });
});

describe('Rule single', () => {
  it('one validator leads and commits at once, again after a restart', async () => {
    const cluster = await VirtualCluster.started(1);
    cluster.submit('first');
    cluster.until(everyone(cluster, 1));
    expect(cluster.now).toBeLessThan(50);
    cluster.crash(0);
    await cluster.start(0);
    cluster.submit('second');
    const since = cluster.now;
    cluster.until(everyone(cluster, 2));
    expect(cluster.now - since).toBeLessThan(50);
  });

  it('trap: of two validators one alone commits nothing, says for whom it waits, and goes on with the other', async () => {
    const { cluster } = await running(2);
    cluster.crash(1);
    cluster.submit('second');
    cluster.pass(30_000);
    expect(cluster.committed(0)).toEqual(['first']);
    expect(cluster.node(0).running.status().waitingFor).toMatchObject({
      what: 'pre-votes',
      from: [nodeId(1)],
    });
    await cluster.start(1);
    cluster.submit('third');
    cluster.until(everyone(cluster, 3), 3_000);
  });
});

describe('Rule timeouts', () => {
  it('recovers within the cap however long a quorum was missing', async () => {
    const { cluster, leader } = await running(3);
    const [left, right] = [(leader + 1) % 3, (leader + 2) % 3];
    cluster.crash(left);
    cluster.crash(right);
    cluster.pass(600_000);
    await cluster.start(left);
    cluster.submit('second');
    const since = cluster.now;
    cluster.until(everyone(cluster, 2));
    expect(cluster.now - since).toBeLessThan(2_500);
  });

  it('are capped however many elections failed, and short again after a commit', async () => {
    const probe = await Probe.started(0, 3);
    const { electionTimeout, electionTimeoutMax, electionJitter } = DEFAULT_TIMING;
    const promise = async (term: number) => {
      const justification = [preVoteOf(1, term), preVoteOf(2, term)];
      await probe.receive(2, { type: 'term-vote', termVote: termVoteOf(2, term), justification });
      expect(probe.core.status().term).toBe(term);
    };
    const silence = async () => {
      const since = probe.now;
      while (probe.core.status().role !== 'candidate') await probe.pass(10);
      return probe.now - since - 10;
    };
    await promise(2);
    expect(await silence()).toBeLessThanOrEqual(2 * electionTimeout + electionJitter);
    for (let term = 5; term < 100; term += 3) await promise(term);
    const longest = await silence();
    expect(longest).toBeGreaterThanOrEqual(electionTimeoutMax - 10);
    expect(longest).toBeLessThanOrEqual(electionTimeoutMax + electionJitter);
    const first = termStartOf(100, 3, [termVoteOf(1, 100), termVoteOf(2, 100)]);
    await probe.follow(first);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(first, [1, 2]) });
    expect(probe.core.status().commitIndex).toBe(1);
    const lock = lockOf(first);
    const justification = [preVoteOf(1, 101), preVoteOf(2, 101)];
    const termVote = termVoteOf(2, 101, lock);
    await probe.receive(2, { type: 'term-vote', termVote, justification });
    expect(await silence()).toBeLessThanOrEqual(2 * electionTimeout + electionJitter);
  });
});
