/** Directed tests of what must never happen; each names its rule. Numbers are those of the wrong readings in docs/protocol.md. */
import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.ts';
import {
  certificateOf,
  Probe,
  payloadOn,
  preVoteOf,
  ROOT_LOCK,
  termStartOf,
  termVoteOf,
  voteOf,
} from './probe.test.support.ts';
import type { Lock } from './statements.ts';
import { ROOT_HASH } from './test-application.test.support.ts';
import type { LogIndex, Term } from './types.ts';
import { anchorOf, compareLocks } from './verification.ts';
import { nodeId } from './virtual-cluster.test.support.ts';

const lockOf = ({ term, index, hash }: Entry): Lock => ({ term, index, hash });
const quorumFor = (term: number) => [preVoteOf(0, term), preVoteOf(1, term), preVoteOf(2, term)];

/** A node of three follows term 1 (leader 1) with its term-start voted for. */
async function follower(number: number): Promise<{ probe: Probe; first: Entry }> {
  const probe = await Probe.started(number, 3);
  const other = number === 0 ? 2 : 0;
  const first = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(other, 1)]);
  await probe.follow(first);
  expect(probe.sentOf('vote').map(({ vote }) => vote.hash)).toEqual([first.hash]);
  return { probe, first };
}

/** A node of three that leads term `number` or `number + 3`, elected with one other vote. */
async function leader(number: number, term: number, lock = ROOT_LOCK): Promise<Probe> {
  const probe = await Probe.started(number, 3);
  await elect(probe, number, term, lock);
  return probe;
}

async function elect(probe: Probe, number: number, term: number, lock = ROOT_LOCK): Promise<void> {
  const other = (number + 1) % 3;
  const message = {
    type: 'term-vote',
    termVote: termVoteOf(other, term, lock),
    justification: quorumFor(term).slice(0, 2),
  } as const;
  await probe.receive(other, message);
}

describe('Rule proof', () => {
  it('wrong reading 1: votes that come after the proof is fixed never change it', async () => {
    const probe = await leader(2, 2);
    const [first] = probe.sentOf('propose');
    expect(first?.entry.kind).toBe('term-start');
    const other = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]);
    const late = termVoteOf(1, 2, lockOf(other));
    await probe.receive(1, { type: 'term-vote', termVote: late, justification: quorumFor(2) });
    await probe.pass(300);
    const starts = probe.sentOf('propose').filter(({ entry }) => entry.kind === 'term-start');
    expect(new Set(starts.map(({ entry }) => entry.hash)).size).toBe(1);
  });

  it('wrong reading 1: a leader that restarts leaves its term', async () => {
    const probe = await leader(2, 2);
    await probe.restart();
    const late = termVoteOf(1, 2);
    await probe.receive(1, { type: 'term-vote', termVote: late, justification: quorumFor(2) });
    await probe.receive(0, {
      type: 'term-vote',
      termVote: termVoteOf(0, 2),
      justification: quorumFor(2),
    });
    await probe.pass(200);
    expect(probe.sentOf('propose')).toEqual([]);
    expect(probe.core.status().role).not.toBe('leader');
  });

  it('wrong reading 2: a validator votes for one term-start in a term, also after a restart', async () => {
    const { probe, first } = await follower(0);
    const second = termStartOf(
      1,
      3,
      [termVoteOf(0, 1), termVoteOf(1, 1)],
      ROOT_LOCK,
      first.timestamp + 1,
    );
    await probe.follow(second);
    await probe.restart();
    await probe.follow(second);
    expect(probe.sentOf('vote')).toEqual([]);
    await probe.follow(first);
    expect(probe.core.status().leader).toBe(nodeId(1));
    expect(probe.core.status().lastIndex).toBe(1);
  });

  it('refuses a proof that is no quorum, of another term, forged, or off its anchor', async () => {
    const probe = await Probe.started(0, 3);
    const forged = { ...termVoteOf(2, 1), voter: nodeId(0) };
    const elsewhere: Lock = {
      term: 0 as Term,
      index: 0 as LogIndex,
      hash: 'ab'.repeat(32) as never,
    };
    for (const termStart of [
      termStartOf(1, 3, [termVoteOf(1, 1)]),
      termStartOf(1, 3, [termVoteOf(1, 2), termVoteOf(2, 2)]),
      termStartOf(1, 3, [termVoteOf(1, 1), forged]),
      termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)], elsewhere),
    ]) {
      await probe.follow(termStart);
    }
    expect(probe.sentOf('vote')).toEqual([]);
    expect(probe.core.status().term).toBe(0);
  });
});

describe('Rule lock', () => {
  it('wrong reading 3: adopting a proof does not raise the lock before its anchor is stored', async () => {
    const probe = await Probe.started(0, 3);
    const missing = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]);
    const votes = [termVoteOf(1, 2, lockOf(missing)), termVoteOf(2, 2, lockOf(missing))];
    await probe.follow(termStartOf(2, 3, votes, lockOf(missing)));
    expect(probe.core.status().term).toBe(2);
    expect(probe.sentOf('fetch')).toHaveLength(1);
    await probe.receive(1, {
      type: 'term-vote',
      termVote: termVoteOf(1, 3, lockOf(missing)),
      justification: quorumFor(3),
    });
    expect(probe.sentOf('term-vote')[0]?.termVote).toMatchObject({ term: 3, lock: ROOT_LOCK });
  });

  it('wrong reading 3: the lock has the term of its entry, not the promised one', async () => {
    const { probe, first } = await follower(0);
    await probe.receive(2, {
      type: 'term-vote',
      termVote: termVoteOf(2, 5),
      justification: quorumFor(5),
    });
    expect(probe.sentOf('term-vote')[0]?.termVote.lock).toEqual(lockOf(first));
  });

  it('wrong reading 4: locks compare by term before index', () => {
    const low: Lock = { term: 1 as Term, index: 9 as LogIndex, hash: ROOT_HASH };
    const high: Lock = { term: 2 as Term, index: 3 as LogIndex, hash: ROOT_HASH };
    expect(compareLocks(low, high)).toBeLessThan(0);
    expect(anchorOf([termVoteOf(0, 3, low), termVoteOf(1, 3, high)])).toMatchObject({ term: 2 });
  });

  it('equal locks on different entries stop the node', async () => {
    const probe = await leaderWithConflict();
    expect(probe.halted).toBe('conflicting-lock');
  });

  async function leaderWithConflict(): Promise<Probe> {
    const probe = await Probe.started(2, 3);
    const lock = (hash: string): Lock => ({
      term: 1 as Term,
      index: 1 as LogIndex,
      hash: hash.repeat(32) as never,
    });
    for (const [voter, hash] of [
      [0, 'aa'],
      [1, 'bb'],
    ] as const) {
      const termVote = termVoteOf(voter, 2, lock(hash));
      await probe.receive(voter, { type: 'term-vote', termVote, justification: quorumFor(2) });
    }
    return probe;
  }
});

describe('Rule commit', () => {
  it('wrong reading 5: votes for an entry of an earlier term never commit it', async () => {
    const { probe, first } = await follower(2);
    await elect(probe, 2, 2, lockOf(first));
    const [start] = probe.sentOf('propose').slice(-1);
    if (start === undefined) throw new Error('not elected');
    expect(start.entry.parentHash).toBe(first.hash);
    for (const voter of [0, 1])
      await probe.receive(voter, { type: 'vote', vote: voteOf(voter, first) });
    expect(probe.core.status().commitIndex).toBe(0);
    await probe.receive(0, { type: 'vote', vote: voteOf(0, start.entry) });
    expect(probe.core.status().commitIndex).toBe(2);
  });

  it('wrong reading 10: a certificate of an earlier term is accepted after a later promise', async () => {
    const { probe, first } = await follower(0);
    await probe.receive(2, {
      type: 'term-vote',
      termVote: termVoteOf(2, 2),
      justification: quorumFor(2),
    });
    expect(probe.core.status().term).toBe(2);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(first, [1, 2]) });
    expect(probe.core.status().commitIndex).toBe(1);
    expect(probe.application.committed.map(({ hash }) => hash)).toEqual([first.hash]);
  });

  it('counts no vote twice, none with a bad signature and none of a stranger', async () => {
    const probe = await leader(2, 2);
    const [start] = probe.sentOf('propose');
    if (start === undefined) throw new Error('not elected');
    const forged = { ...voteOf(0, start.entry), voter: nodeId(1) };
    await probe.receive(1, { type: 'vote', vote: forged });
    await probe.receive(0, { type: 'vote', vote: voteOf(7, start.entry) });
    expect(probe.core.status().commitIndex).toBe(0);
    const ignored = probe.core.status().ignored;
    expect([ignored.get('bad-signature'), ignored.get('not-a-validator')]).toEqual([1, 1]);
  });

  it('a certificate that contradicts a committed entry stops the node', async () => {
    const { probe, first } = await follower(0);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(first, [1, 2]) });
    const other = termStartOf(1, 3, [termVoteOf(0, 1), termVoteOf(1, 1)]);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(other, [1, 2]) });
    expect(probe.halted).toBe('conflicting-commit');
  });
});

describe('Rule durability', () => {
  it('wrong reading 6: a vote leaves after one transaction with vote, entry and binding is synced', async () => {
    const probe = await Probe.started(0, 3);
    probe.held.add('persist');
    const first = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]);
    await probe.follow(first);
    expect(probe.sentOf('vote')).toEqual([]);
    const write = probe.waiting.find((effect) => effect.type === 'persist');
    const names = write?.type === 'persist' ? write.operations.map(place) : [];
    expect(names).toEqual(
      expect.arrayContaining(['entries', 'votes', 'proofs', 'binding', 'term']),
    );
    await probe.release();
    expect(probe.sentOf('vote')).toHaveLength(1);
  });

  it('a term vote leaves after its record is synced, and is sent again as it was signed', async () => {
    const probe = await Probe.started(0, 3);
    probe.held.add('persist');
    const termVote = termVoteOf(2, 2);
    await probe.receive(2, { type: 'term-vote', termVote, justification: quorumFor(2) });
    await probe.pass(200);
    expect(probe.sentOf('term-vote')).toEqual([]);
    await probe.release();
    const [own] = probe.sentOf('term-vote');
    expect(own?.termVote.voter).toBe(nodeId(0));
    await probe.restart();
    await probe.pass(1);
    expect(probe.sentOf('term-vote')[0]).toEqual(own);
  });

  it('a term vote is not repeated with the pre-votes before it is on disk', async () => {
    const probe = await Probe.started(0, 3);
    await probe.pass(1_000);
    expect(probe.sentOf('pre-vote')).not.toEqual([]);
    probe.held.add('persist');
    const justification = quorumFor(2);
    await probe.receive(2, { type: 'term-vote', termVote: termVoteOf(2, 2), justification });
    await probe.pass(1_000);
    expect(probe.sentOf('term-vote')).toEqual([]);
    await probe.release();
    expect(probe.sentOf('term-vote')).not.toEqual([]);
  });

  it('a proposal leaves after it is synced', async () => {
    const probe = await Probe.started(2, 3);
    await probe.receive(0, {
      type: 'pre-vote',
      preVote: preVoteOf(0, 2),
      relayed: [preVoteOf(1, 2)],
    });
    probe.held.add('persist');
    await probe.receive(0, { type: 'term-vote', termVote: termVoteOf(0, 2), justification: [] });
    expect(probe.sentOf('propose')).toEqual([]);
    await probe.release();
    expect(probe.sentOf('propose')).toHaveLength(2);
  });
});

describe('Rule promise', () => {
  it('wrong reading 7: a follower votes for nothing below its promise', async () => {
    const { probe, first } = await follower(0);
    probe.held.add('process-proposal').add('rollback');
    await probe.receive(1, { type: 'propose', entry: payloadOn(first, 'a') });
    const termVote = termVoteOf(2, 2);
    await probe.receive(2, { type: 'term-vote', termVote, justification: quorumFor(2) });
    await probe.release();
    await probe.receive(1, { type: 'propose', entry: payloadOn(first, 'b') });
    expect(probe.sentOf('vote')).toHaveLength(1);
    expect(probe.core.status().lastIndex).toBe(1);
    expect(probe.application.accepted.map(({ index }) => index)).toEqual([1]);
  });

  it('wrong reading 7: an old leader neither proposes nor votes after its own term vote', async () => {
    const probe = await leader(2, 2);
    probe.held.add('prepare-proposal');
    probe.application.pending.push(Uint8Array.of(1));
    await probe.feed({ type: 'pending' });
    const before = probe.sentOf('propose').length;
    await probe.receive(0, {
      type: 'term-vote',
      termVote: termVoteOf(0, 3),
      justification: quorumFor(3),
    });
    await probe.release();
    await probe.pass(200);
    expect(probe.sentOf('propose')).toHaveLength(before);
    expect(probe.core.status()).toMatchObject({ term: 3, lastIndex: 1 });
  });

  it('joins a justified term vote and f+1 term votes, but not fewer without a justification', async () => {
    const probe = await Probe.started(0, 5);
    await probe.receive(2, { type: 'term-vote', termVote: termVoteOf(2, 2), justification: [] });
    await probe.receive(3, {
      type: 'term-vote',
      termVote: termVoteOf(3, 2),
      justification: [preVoteOf(1, 2), preVoteOf(1, 2), preVoteOf(2, 1)],
    });
    expect(probe.core.status().term).toBe(0);
    await probe.receive(4, { type: 'term-vote', termVote: termVoteOf(4, 3), justification: [] });
    expect(probe.core.status().term).toBe(2);
    // Of four, f+1 are fewer than a quorum.
    const fewer = await Probe.started(0, 4);
    for (const [voter, term] of [
      [2, 7],
      [3, 9],
    ] as const) {
      expect(fewer.core.status().term).toBe(0);
      const termVote = termVoteOf(voter, term);
      await fewer.receive(voter, { type: 'term-vote', termVote, justification: [] });
    }
    expect(fewer.core.status().term).toBe(7);
  });
});

describe('Rule vote', () => {
  it('refuses what its application refuses, a gap, and a state it does not have', async () => {
    const { probe, first } = await follower(0);
    const digest = 'cd'.repeat(32) as never;
    await probe.receive(1, { type: 'propose', entry: payloadOn(first, 'wrong state', digest) });
    await probe.receive(1, { type: 'propose', entry: payloadOn(payloadOn(first, 'a'), 'gap') });
    probe.application.rejects = () => true;
    await probe.receive(1, { type: 'propose', entry: payloadOn(first, 'refused') });
    expect(probe.sentOf('vote')).toHaveLength(1);
    probe.application.rejects = () => false;
    await probe.receive(1, { type: 'propose', entry: payloadOn(first, 'good') });
    expect(probe.sentOf('vote')).toHaveLength(2);
  });

  it('accepts proposals of the leader only', async () => {
    const { probe, first } = await follower(0);
    await probe.receive(2, { type: 'propose', entry: payloadOn(first, 'a') });
    expect(probe.sentOf('vote')).toHaveLength(1);
  });
});

describe('Rule own-key', () => {
  it('stops on a vote, a term vote or a certificate of its key that its store does not have', async () => {
    const first = termStartOf(1, 3, [termVoteOf(1, 1), termVoteOf(2, 1)]);
    for (const message of [
      { type: 'vote', vote: voteOf(0, first) },
      { type: 'term-vote', termVote: termVoteOf(0, 4), justification: [] },
      { type: 'certificate', certificate: certificateOf(first, [0, 1]) },
      { type: 'propose', entry: termStartOf(1, 3, [termVoteOf(0, 1), termVoteOf(1, 1)]) },
    ] as const) {
      const probe = await Probe.started(0, 3);
      await probe.receive(1, message);
      expect(probe.halted).toBe('own-key');
      expect(probe.core.step({ type: 'tick' }, { now: 10_000, unixTime: 0 })).toEqual([]);
    }
  });

  it('does not stop for what it signed itself, for forgeries, or for replayed pre-votes', async () => {
    const { probe, first } = await follower(0);
    await probe.receive(1, { type: 'vote', vote: voteOf(0, first) });
    await probe.receive(1, {
      type: 'vote',
      vote: { ...voteOf(2, first), voter: nodeId(0), hash: ROOT_HASH },
    });
    await probe.receive(1, { type: 'pre-vote', preVote: preVoteOf(0, 9), relayed: [] });
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(first, [0, 1]) });
    expect(probe.halted).toBeNull();
    expect(probe.core.status().commitIndex).toBe(1);
  });
});

function place(operation: { type: string; table?: string; name?: string }): string {
  return operation.table ?? operation.name ?? operation.type;
}
