/** Rule *membership* in BFT: operators approve, both phases, and whoever was removed is powerless. */
import { describe, expect, it } from 'vitest';
import type { Certificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import { validatorsOf } from './members.ts';
import {
  addition,
  agree,
  commitsEverywhere,
  FOUR,
  leaderOf,
  led,
  otherEntry,
  standing,
  withProposedMembership,
} from './membership-cluster.test.support.ts';
import {
  certificateOf,
  preparedBy,
  proposalOf,
  signerFor,
  termVoteOf,
  voteOf,
} from './probe.test.support.ts';
import type { Epoch, Term } from './types.ts';
import { nodeId } from './virtual-cluster.test.support.ts';

describe('Rule membership (BFT): approval', () => {
  it('a change that too few operators ask for is not proposed, and the network goes on', async () => {
    const cluster = await led(4);
    expect(agree(cluster, [0, 1], addition(4))).toEqual(['not-approved', 'not-approved']);
    expect(cluster.node(0).running.status().epoch).toBe(0);
    for (const node of cluster.nodes) {
      const proposed = node.sentOf('propose').map(({ entry }) => entry.kind);
      expect(proposed).not.toContain('membership');
    }
    commitsEverywhere(cluster, 'still', FOUR);
    standing(cluster);
  });

  it('one that a quorum asks for is committed in two phases, at the one who did not ask too', async () => {
    const cluster = await led(4);
    const asking = [0, 1, 2];
    expect(agree(cluster, asking, addition(4))).toEqual(['epoch 1', 'epoch 1', 'epoch 1']);
    commitsEverywhere(cluster, 'after', FOUR);
    expect(cluster.node(3).running.status().epoch).toBe(1);
    const ended = cluster.node(0).running.inspect().epochs.present;
    const phases = cluster.nodes.flatMap((node) =>
      node
        .sentOf('certificate')
        .filter(({ certificate }) => certificate.index === ended.since)
        .map(({ certificate }) => certificate.phase),
    );
    expect(new Set(phases)).toEqual(new Set(['prepare', 'commit']));
    standing(cluster);
  });

  it('a validator prepares what its operator asked for and nothing else that a leader proposes', async () => {
    for (const isApproved of [false, true]) {
      const { probe, entry } = await withProposedMembership(isApproved);
      const phases = probe.sentOf('vote').filter(({ vote }) => vote.hash === entry.hash);
      expect(phases.map(({ vote }) => vote.phase)).toEqual(isApproved ? ['prepare'] : []);
      await probe.receive(1, { type: 'certificate', certificate: preparedBy(entry, [1, 2, 3]) });
      const commits = probe.sentOf('vote').filter(({ vote }) => vote.phase === 'commit');
      expect(commits).toHaveLength(isApproved ? 1 : 0);
      expect(probe.core.status().epoch).toBe(0);
      const certificate = certificateOf(entry, [1, 2, 3]);
      await probe.receive(1, { type: 'certificate', certificate });
      if (!isApproved) await probe.receive(1, proposalOf(1, entry));
      // Nobody's approval is needed to follow what a quorum committed.
      if (isApproved) expect(probe.core.status().epoch).toBe(1);
      expect(probe.halted).toBeNull();
    }
  });

  it('a leader gives up what is not prepared in time', async () => {
    const cluster = await led(4, { progressTimeout: 1_000 });
    const before = leaderOf(cluster);
    for (const at of FOUR.filter((each) => each !== before).slice(0, 2)) {
      cluster.node(at).application.rejects = (entry) => entry.kind === 'membership';
    }
    expect(new Set(agree(cluster, FOUR, addition(4)))).not.toContain('epoch 1');
    commitsEverywhere(cluster, 'after', FOUR);
    expect(cluster.node(0).running.status().epoch).toBe(0);
    standing(cluster);
  });
});

describe('Rule membership (BFT): adding and removing', () => {
  it('grows by an observer that is promoted, replaces a dead validator, and shrinks', async () => {
    const cluster = await led(4);
    const [added, spare] = [await cluster.join(), await cluster.join()];
    commitsEverywhere(cluster, 'before', FOUR);
    agree(cluster, FOUR, addition(added));
    agree(cluster, FOUR, addition(spare));
    cluster.until(() => cluster.committed(added).includes('before'));
    expect(agree(cluster, FOUR, { type: 'promote', id: nodeId(added) })).toEqual(
      FOUR.map(() => 'epoch 3'),
    );
    commitsEverywhere(cluster, 'five', [...FOUR, added, spare]);
    const dead = leaderOf(cluster);
    cluster.crash(dead);
    const left = [...FOUR, added].filter((at) => at !== dead);
    const replace = { type: 'replace', id: nodeId(dead), by: nodeId(spare) } as const;
    expect(new Set(agree(cluster, left, replace))).toEqual(new Set(['epoch 4']));
    commitsEverywhere(cluster, 'replaced', [...left, spare]);
    const present = [...left, spare];
    const removed = leaderOf(cluster);
    const rest = present.filter((at) => at !== removed);
    agree(cluster, present, { type: 'remove', id: nodeId(removed) });
    commitsEverywhere(cluster, 'four again', rest);
    const { members, epoch } = cluster.node(rest[0] ?? 0).running.status();
    expect(epoch).toBe(5);
    expect([...validatorsOf(members)].sort()).toEqual(rest.map(nodeId).sort());
    standing(cluster);
  });

  it.each([[4], [1]])(
    'an epoch of %i begins from a lock that needs no certificate, also after restarts',
    async (count) => {
      const cluster = await led(count);
      const all = Array.from({ length: count }, (_, at) => at);
      agree(cluster, all, addition(4));
      for (const at of all) cluster.crash(at);
      for (const at of all) await cluster.start(at);
      commitsEverywhere(cluster, 'after', all);
      expect(cluster.node(0).running.status().epoch).toBe(1);
      standing(cluster);
    },
  );
});

describe('an observer that its leader leaves out (BFT)', () => {
  const said = { heartbeats: ['heartbeat'], nothing: [] as string[] };

  it.each(Object.entries(said))('and tells %s follows through the others', async (_, types) => {
    const cluster = await led(4);
    const added = await cluster.join();
    agree(cluster, FOUR, addition(added));
    commitsEverywhere(cluster, 'before', [...FOUR, added]);
    const liar = leaderOf(cluster);
    cluster.pass(200);
    const { committed, last } = cluster.node(liar).sentOf('heartbeat').at(-1) ?? {};
    cluster.tamper = (from, to, message) => {
      if (from !== liar || to !== added) return message;
      if (!types.includes(message.type)) return null;
      return { ...message, committed, last } as typeof message;
    };
    commitsEverywhere(cluster, 'kept from it', FOUR);
    cluster.until(() => cluster.committed(added).includes('kept from it'), 5_000);
    expect(leaderOf(cluster)).toBe(liar);
    standing(cluster);
  });
});

describe('Rule membership (BFT): whoever is out is powerless', () => {
  it('statements of the epoch before, of all its keys, change and stop nothing', async () => {
    const cluster = await led(5);
    commitsEverywhere(cluster, 'before', [0, 1, 2, 3, 4]);
    const removed = 4;
    agree(cluster, FOUR, { type: 'remove', id: nodeId(removed) });
    cluster.until(() => FOUR.every((at) => cluster.node(at).running.status().epoch === 1));
    const { certificate } = cluster.node(0).running.inspect().epochs.present;
    if (certificate === null) throw new Error('an epoch began');
    const keys = [0, 1, 2, 3, 4];
    const shown = (index: number, term: number, phase: 'prepare' | 'commit'): Certificate => {
      const like = { ...otherEntry(index, term) };
      return phase === 'commit' ? certificateOf(like, keys) : preparedBy(like, keys);
    };
    const messages = [1, certificate.index, certificate.index + 1, certificate.index + 9].flatMap(
      (index) =>
        (['prepare', 'commit'] as const).map((phase) => ({
          type: 'certificate' as const,
          certificate: shown(index, certificate.term + 3, phase),
        })),
    );
    for (const to of FOUR) {
      for (const message of messages) cluster.deliver(removed, to, message);
      for (const signer of keys) {
        const entry = otherEntry(certificate.index + 1, certificate.term + 1);
        cluster.deliver(removed, to, { type: 'vote', vote: voteOf(signer, entry, 'prepare') });
        const termVote = termVoteOf(signer, certificate.term + 9);
        cluster.deliver(removed, to, { type: 'term-vote', termVote, justification: [] });
        // A lock above all of the epoch, certified by keys that are out of use.
        const lock = { ...entry, term: (certificate.term + 8) as Term };
        const lying = signerFor(removed).sign({
          ...termVoteOf(removed, certificate.term + 9, lock),
          epoch: 1 as Epoch,
        });
        cluster.deliver(removed, to, {
          type: 'term-vote',
          termVote: lying as typeof termVote,
          justification: [],
          lockCertificate: preparedBy(lock as Entry, keys),
        });
      }
    }
    commitsEverywhere(cluster, 'after', FOUR);
    expect(cluster.node(0).running.status().epoch).toBe(1);
    standing(cluster);
  });

  it('a lock of the epoch before does not count in the next, whatever certificate it shows', async () => {
    const cluster = await led(4);
    agree(cluster, FOUR, addition(4));
    commitsEverywhere(cluster, 'before', FOUR);
    const at = FOUR.find((each) => each !== leaderOf(cluster)) ?? 0;
    const { term, epoch } = cluster.node(at).running.status();
    const liar = FOUR.find((each) => each !== at && each !== leaderOf(cluster)) ?? 0;
    const old = otherEntry(40, term + 1);
    const { term: lockTerm, index, hash } = old;
    const termVote = signerFor(liar).sign({
      type: 'term-vote',
      epoch,
      term: (term + 2) as Term,
      lock: { term: lockTerm, index, hash },
      voter: nodeId(liar),
    } as Parameters<ReturnType<typeof signerFor>['sign']>[0]);
    const ignored = () =>
      cluster.node(at).running.status().ignored.get('lock-without-certificate') ?? 0;
    const before = ignored();
    cluster.deliver(liar, at, {
      type: 'term-vote',
      termVote: termVote as ReturnType<typeof termVoteOf>,
      justification: [],
      lockCertificate: preparedBy(old, FOUR),
    });
    cluster.pass(5);
    expect(ignored()).toBe(before + 1);
    commitsEverywhere(cluster, 'after', FOUR);
    standing(cluster);
  });

  it('evidence of an epoch that is over convicts, and makes nobody distrust the present leader', async () => {
    const cluster = await led(4);
    agree(cluster, FOUR, addition(4));
    commitsEverywhere(cluster, 'before', FOUR);
    const leader = leaderOf(cluster);
    const { term } = cluster.node(leader).running.status();
    const [one, other] = [otherEntry(30, term), otherEntry(30, term, 'b')];
    const evidence = {
      kind: 'double-vote',
      first: voteOf(leader, one, 'prepare'),
      second: voteOf(leader, other, 'prepare'),
    } as const;
    const at = FOUR.find((each) => each !== leader) ?? 0;
    cluster.deliver((at + 1) % 4 === leader ? (at + 2) % 4 : (at + 1) % 4, at, {
      type: 'evidence',
      evidence,
    });
    cluster.pass(2_000);
    const others = FOUR.filter((each) => each !== leader);
    for (const each of others) {
      expect(cluster.node(each).running.evidence()).toHaveLength(1);
      expect(cluster.node(each).running.status()).toMatchObject({ leader: nodeId(leader), term });
    }
    standing(cluster);
  });
});

/** An entry of the first epoch that nobody agreed to. */
