/** BFT: what must go on although f validators lie; each names its rule, or what is attacked. */
import { describe, expect, it } from 'vitest';
import type { Message } from './message.ts';
import type { Timing } from './options.ts';
import {
  certificateOf,
  Probe,
  payloadOn,
  preVoteOf,
  signerFor,
  termStartOf,
  termVoteOf,
} from './probe.test.support.ts';
import type { HandOver } from './statements.ts';
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

describe('two phases', () => {
  it.each([1, 2, 3, 4, 5, 7])('%d validators commit', async (count) => {
    const { cluster } = await running(count);
    for (let at = 0; at < 10; at += 1) cluster.submit(`payload ${at}`);
    cluster.until(everyone(cluster, 11));
    expectAgreement(cluster, numbers(cluster));
  });

  it.each([
    [4, 1],
    [5, 1],
    [7, 2],
  ])(
    '%d validators go on without %d of them, the leader among them, and not without one more',
    async (count, faults) => {
      const { cluster, leader } = await running(count);
      const dead = Array.from({ length: faults + 1 }, (_, at) => (leader + at) % count);
      for (const number of dead.slice(0, faults)) cluster.crash(number);
      cluster.submit('second');
      const alive = numbers(cluster).filter((number) => !dead.includes(number));
      cluster.until(() => alive.every((number) => cluster.committed(number).length === 2));
      cluster.crash(dead[faults] ?? 0);
      // Of five, four make a quorum; of seven, five.
      cluster.submit('third');
      cluster.pass(5_000);
      expect(alive.map((number) => cluster.committed(number).length)).toEqual(alive.map(() => 2));
      for (const number of dead) await cluster.start(number);
      cluster.until(everyone(cluster, 3));
      expectAgreement(cluster, numbers(cluster));
    },
  );

  it('costs the leader two messages to each follower for certificates, and each follower two votes', async () => {
    const { cluster, leader } = await running(4);
    cluster.pass(500);
    const before = cluster.nodes.map((node) => node.sent.length);
    cluster.submit('second');
    const [votes, certificates] = [
      () => cluster.nodes.flatMap((node, at) => node.sent.slice(before[at]).map((s) => s.message)),
      (messages: Message[]) => messages.filter(({ type }) => type === 'certificate').length,
    ];
    cluster.until(everyone(cluster, 2));
    const sent = votes();
    expect(certificates(sent)).toBe(2 * 3);
    expect(sent.filter(({ type }) => type === 'vote')).toHaveLength(2 * 3);
    expect(sent.filter(({ type }) => type === 'propose')).toHaveLength(3);
    expect(cluster.leader()).toBe(leader);
  });

  it.each(['propose', 'vote', 'certificate', 'term-vote', 'pre-vote', 'entries', 'heartbeat-ack'])(
    'heals a lost %s',
    async (type) => {
      const { cluster } = await running(4);
      let lost = 0;
      cluster.link = (_from, _to, message) => {
        if (message.type !== type || lost >= 6) return true;
        lost += 1;
        return false;
      };
      for (let at = 0; at < 10; at += 1) cluster.submit(`payload ${at}`);
      cluster.until(everyone(cluster, 11));
    },
  );

  it('heals each lost prepare certificate and each lost commit vote of one block', async () => {
    const { cluster, leader } = await running(4);
    const term = termOf(cluster, leader);
    const lost = new Set<string>();
    cluster.link = (from, to, message) => {
      const isLost =
        (message.type === 'certificate' && message.certificate.phase === 'prepare') ||
        (message.type === 'vote' && message.vote.phase === 'commit');
      const what = `${message.type} ${from} ${to}`;
      if (!isLost || lost.has(what)) return true;
      lost.add(what);
      return false;
    };
    cluster.submit('second');
    cluster.until(everyone(cluster, 2));
    expect(lost.size).toBe(6);
    expect(termOf(cluster, leader)).toBe(term);
  });
});

describe('Rule read-index', () => {
  it('f liars neither hold up a read nor make it stale', async () => {
    for (const lie of [9_000, 0]) {
      const { cluster, honest } = await running(4);
      const liar = honest[0] ?? 0;
      const behind = honest[1] ?? 0;
      cluster.tamper = (from, _to, message) => {
        if (from !== liar || message.type !== 'read-position') return message;
        const lock = { ...message.lock, term: lie as Term, index: lie as LogIndex };
        return { ...message, lock };
      };
      cluster.link = (_from, to, message) => to !== behind || message.type === 'read-position';
      cluster.submit('second');
      cluster.until(everyone(cluster, 2, behind));
      cluster.input(behind, { type: 'read-index', read: 1 });
      cluster.pass(300);
      expect(cluster.node(behind).reads).toEqual([]);
      cluster.link = () => true;
      cluster.until(() => cluster.node(behind).reads.length > 0);
      expect(cluster.committed(behind)).toEqual(['first', 'second']);
    }
  });
});

describe('Rule pre-vote', () => {
  it('f liars that ask for other leaders unseat nobody and do not drive terms up', async () => {
    const { cluster, leader, honest } = await running(7);
    const term = termOf(cluster, leader);
    const liars = honest.slice(0, 2);
    for (let round = 0; round < 40; round += 1) {
      for (const liar of liars) {
        const preVote = preVoteOf(liar, term + 1 + 1_000 * round);
        for (const to of numbers(cluster)) {
          if (to !== liar) cluster.deliver(liar, to, { type: 'pre-vote', preVote, relayed: [] });
        }
      }
      cluster.pass(100);
    }
    expect(cluster.leader()).toBe(leader);
    expect(termOf(cluster, leader)).toBe(term);
    cluster.crash(leader);
    cluster.submit('second');
    cluster.until(everyone(cluster, 2, leader));
    expect(Math.max(...honest.map((number) => termOf(cluster, number)))).toBeLessThan(term + 8);
  });

  it('a node without a leader asks at once when f+1 ask, one with a leader does not', async () => {
    for (const hasLeader of [false, true]) {
      const probe = await Probe.started(0, 4, {}, 'BFT');
      if (hasLeader) {
        await probe.follow(
          termStartOf(
            1,
            4,
            [1, 2, 3].map((voter) => termVoteOf(voter, 1)),
          ),
        );
      }
      await probe.receive(2, { type: 'pre-vote', preVote: preVoteOf(2, 2), relayed: [] });
      expect(probe.sentOf('pre-vote')).toEqual([]);
      await probe.receive(3, { type: 'pre-vote', preVote: preVoteOf(3, 3), relayed: [] });
      const asked = probe.sentOf('pre-vote').map(({ preVote }) => preVote.term);
      expect(new Set(asked)).toEqual(new Set(hasLeader ? [] : [2]));
    }
  });

  it('stores and passes on only the statements of a justification that count', async () => {
    const probe = await Probe.started(0, 4, {}, 'BFT');
    const good = [1, 2, 3].map((sender) => preVoteOf(sender, 2));
    const forged = { ...preVoteOf(3, 2), sender: nodeId(0) };
    const justification = [preVoteOf(1, 1), forged, ...good, ...good, termVoteOf(1, 1)];
    const termVote = termVoteOf(3, 2);
    await probe.receive(3, { type: 'term-vote', termVote, justification });
    const sent = probe.sentOf('term-vote');
    expect(new Set(sent.map((message) => message.termVote.voter))).toEqual(
      new Set([nodeId(0), nodeId(3)]),
    );
    for (const message of sent) expect(message.justification).toEqual(good);
  });
});

describe('Rule expiry', () => {
  const handOver = (toTerm: number): HandOver =>
    signerFor(1).sign<HandOver>({
      type: 'hand-over',
      epoch: 0 as Epoch,
      fromTerm: 1 as Term,
      toTerm: toTerm as Term,
      leader: nodeId(1),
    });
  const start = termStartOf(
    1,
    4,
    [1, 2, 3].map((voter) => termVoteOf(voter, 1)),
  );

  it('a hand-over is honoured, but not to the same leader', async () => {
    const probe = await Probe.started(0, 4, {}, 'BFT');
    await probe.follow(start);
    for (const [voter, term, expected] of [
      [2, 5, 1],
      [2, 2, 2],
    ] as const) {
      const termVote = termVoteOf(voter, term);
      await probe.receive(voter, { type: 'term-vote', termVote, justification: [handOver(term)] });
      expect(probe.core.status().term).toBe(expected);
    }
  });

  it('nor by who asks for another leader', async () => {
    const probe = await Probe.started(0, 4, {}, 'BFT');
    await probe.follow(start);
    await probe.feed({ type: 'complaint', active: true });
    const termVote = termVoteOf(2, 2);
    await probe.receive(2, { type: 'term-vote', termVote, justification: [handOver(2)] });
    await probe.receive(1, { type: 'hand-over', handOver: handOver(4) });
    expect(probe.core.status().term).toBe(1);
  });
});

describe('what the application refuses', () => {
  it.each(['CFT', 'BFT'] as const)(
    'is not proposed, stored or voted for by its own leader: %s',
    async (mode) => {
      const cluster = await VirtualCluster.started(4, {}, mode);
      cluster.submit('first');
      cluster.until(everyone(cluster, 1));
      const leader = cluster.leader() ?? 0;
      const { application, sent } = cluster.node(leader);
      const before = sent.length;
      application.rejects = (entry) => entry.kind === 'payload';
      cluster.submit('second');
      cluster.pass(300);
      const said = sent.slice(before).map(({ message }) => message.type);
      expect(said).not.toContain('propose');
      expect(said).not.toContain('vote');
      application.rejects = () => false;
      cluster.until(everyone(cluster, 2));
      expect(cluster.leader()).toBe(leader);
    },
  );
});

describe('fetched data', () => {
  it('a liar that feeds a made-up chain entry by entry is left for another peer', async () => {
    const timing = { fetchTimeout: 100 };
    const probe = await Probe.started(0, 4, timing, 'BFT');
    const first = termStartOf(
      1,
      4,
      [1, 2, 3].map((voter) => termVoteOf(voter, 1)),
    );
    let target = first;
    for (let at = 0; at < 400; at += 1) target = payloadOn(target, `real ${at}`);
    await probe.receive(2, { type: 'certificate', certificate: certificateOf(target, [1, 2, 3]) });
    let made = first;
    const asked = new Set<string>();
    const latest = () => probe.sent.findLast(({ message }) => message.type === 'fetch');
    for (let answer = 0; answer < 60; answer += 1) {
      const fetch = latest();
      if (fetch?.message.type !== 'fetch') throw new Error('nothing was fetched');
      asked.add(fetch.to);
      const { request, from } = fetch.message;
      if (from === 1) made = first;
      else made = payloadOn(made, `made up ${from}`);
      const liar = [1, 2, 3].find((number) => nodeId(number) === fetch.to) ?? 1;
      await probe.pass(50);
      await probe.receive(liar, { type: 'entries', request, entries: [made], certificate: null });
    }
    expect(asked.size).toBeGreaterThan(1);
    expect(probe.halted).toBeNull();
  });

  it('answers no peer without end', async () => {
    const probe = await Probe.started(0, 4, {}, 'BFT');
    const first = termStartOf(
      1,
      4,
      [1, 2, 3].map((voter) => termVoteOf(voter, 1)),
    );
    await probe.follow(first);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(first, [1, 2, 3]) });
    const fetch = { type: 'fetch', from: 1 as LogIndex, tip: first } as const;
    for (let request = 1; request <= 20_000; request += 1) {
      await probe.receive(2, { ...fetch, request });
    }
    const answered = probe.sentOf('entries').length;
    expect(answered).toBeLessThan(10_000);
    await probe.receive(3, { ...fetch, request: 1 });
    expect(probe.sentOf('entries')).toHaveLength(answered + 1);
    await probe.pass(100);
    await probe.receive(2, { ...fetch, request: 30_000 });
    expect(probe.sentOf('entries')).toHaveLength(answered + 2);
  });
});
