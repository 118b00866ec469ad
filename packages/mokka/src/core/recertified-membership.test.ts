/** Rule *membership* in BFT: an open change is certified again, in place, under the next leader. */
import { describe, expect, it } from 'vitest';
import {
  addition,
  ask,
  commitsEverywhere,
  FOUR,
  holdCommitVotes,
  isPrepared,
  leaderOf,
  led,
  standing,
  withProposedMembership,
} from './membership-cluster.test.support.ts';
import {
  preparedBy,
  preVoteOf,
  proofOf,
  proposalOf,
  termStartOf,
  termVoteOf,
} from './probe.test.support.ts';
import type { Term } from './types.ts';

describe('Rule membership (BFT): certified again in place', () => {
  it('the old set prepares and commits an open entry again under the next leader', async () => {
    const cluster = await led(4);
    holdCommitVotes(cluster);
    ask(cluster, FOUR, addition(4), 20_000);
    cluster.until(() => FOUR.every((at) => isPrepared(cluster, at)));
    const first = leaderOf(cluster);
    cluster.crash(first);
    cluster.link = () => true;
    const rest = FOUR.filter((at) => at !== first);
    cluster.until(() => rest.every((at) => cluster.node(at).running.status().epoch === 1));
    const { certificate, root } = cluster.node(rest[0] ?? 0).running.inspect().epochs.present;
    expect(certificate?.term).toBeGreaterThan(root?.term ?? 0);
    const again = rest.flatMap((at) =>
      cluster
        .node(at)
        .sentOf('vote')
        .map(({ vote }) => vote),
    );
    const inPlace = again.filter((vote) => vote.term === certificate?.term);
    expect(new Set(inPlace.map(({ phase }) => phase))).toEqual(new Set(['prepare', 'commit']));
    expect(rest.some((at) => cluster.node(at).sentOf('recertify').length > 0)).toBe(true);
    // Nothing else was voted for in that term.
    expect(new Set(inPlace.map(({ index }) => index))).toEqual(new Set([root?.index]));
    commitsEverywhere(cluster, 'after', rest);
    await cluster.start(first);
    commitsEverywhere(cluster, 'all', FOUR);
    standing(cluster);
  });

  it('a lock of the next epoch outlives a restart, whatever later term the change was certified in', async () => {
    const cluster = await led(4, { progressTimeout: 300 });
    holdCommitVotes(cluster);
    ask(cluster, FOUR, addition(4), 20_000);
    cluster.until(() => FOUR.every((at) => isPrepared(cluster, at)));
    cluster.until(() => FOUR.every((at) => cluster.node(at).running.status().term >= 5));
    cluster.link = (_, __, { type, ...said }) =>
      !(type === 'vote' && 'vote' in said && said.vote.epoch === 1 && said.vote.phase === 'commit');
    cluster.until(() => FOUR.every((at) => cluster.node(at).running.status().epoch === 1));
    const lockedAt = (at: number) =>
      cluster.node(at).running.inspect().preparation.certificate ?? null;
    cluster.until(() => FOUR.every((at) => lockedAt(at) !== null));
    cluster.pass(50);
    const { certificate } = cluster.node(0).running.inspect().epochs.present;
    const before = lockedAt(0);
    expect(before?.term).toBeLessThan(certificate?.term ?? 0);
    cluster.crash(0);
    await cluster.start(0);
    expect(lockedAt(0)).toEqual(before);
    cluster.link = () => true;
    commitsEverywhere(cluster, 'after', FOUR);
    standing(cluster);
  });

  it('what was prepared is committed although all operators’ requests were lost with the power', async () => {
    const cluster = await led(4);
    holdCommitVotes(cluster);
    ask(cluster, FOUR, addition(4));
    cluster.until(() => FOUR.every((at) => isPrepared(cluster, at)));
    cluster.pass(50);
    for (const at of FOUR) cluster.crash(at);
    cluster.link = () => true;
    for (const at of FOUR) await cluster.start(at);
    cluster.until(() => FOUR.every((at) => cluster.node(at).running.status().epoch === 1));
    commitsEverywhere(cluster, 'after', FOUR);
    standing(cluster);
  });

  it.each([
    ['with the leader’s proof', true],
    ['by the certificate alone', false],
  ])(
    'whoever locked on an entry again, %s, adopts no other chain in that term',
    async (_, isProven) => {
      const { probe, entry } = await withProposedMembership(true);
      const anchored = preparedBy(entry, [1, 2, 3]);
      await probe.receive(1, { type: 'certificate', certificate: anchored });
      const lock = { term: 1 as Term, index: entry.index, hash: entry.hash };
      const votes = [1, 2, 3].map((voter) => termVoteOf(voter, 2, lock));
      if (isProven) {
        await probe.receive(2, { type: 'recertify', proof: proofOf(2, votes, anchored), entry });
      } else {
        const [termVote] = votes;
        if (termVote === undefined) throw new Error('three voted');
        const justification = [1, 2, 3].map((voter) => preVoteOf(voter, 2));
        const message = { type: 'term-vote', termVote, justification } as const;
        await probe.receive(1, { ...message, lockCertificate: anchored });
      }
      expect(probe.core.status().term).toBe(2);
      const prepared = preparedBy({ ...entry, term: 2 as Term }, [1, 2, 3]);
      await probe.receive(2, { type: 'certificate', certificate: prepared });
      const inTerm = probe.sentOf('vote').filter(({ vote }) => vote.term === 2);
      const sent = inTerm.map(({ vote }) => vote.phase);
      // Who does not know the leader has nobody to send it to; it is stored all the same.
      expect(sent).toEqual(isProven ? ['prepare', 'commit'] : []);
      expect(probe.core.inspect().preparation.commitVotes.get(entry.index)?.term).toBe(2);
      // The liar that leads term 2 has another quorum's proof, below the entry.
      const below = termStartOf(
        2,
        4,
        [1, 2, 3].map((voter) => termVoteOf(voter, 2)),
      );
      await probe.receive(2, proposalOf(2, below));
      expect(probe.core.status().lastIndex).toBe(entry.index);
      expect(probe.core.inspect().preparation.certificate?.term).toBe(2);
      expect(probe.halted).toBeNull();
    },
  );
});
