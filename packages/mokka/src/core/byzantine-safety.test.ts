/** BFT: what must never happen, with liars played by the test. Numbers are those of the wrong readings in docs/protocol.md. */
import { describe, expect, it } from 'vitest';
import type { Entry } from './entry.ts';
import {
  certificateOf,
  Probe,
  payloadOn,
  preparedBy,
  preVoteOf,
  proposalOf,
  ROOT_LOCK,
  termStartOf,
  termVoteOf,
  voteOf,
} from './probe.test.support.ts';
import type { Lock } from './statements.ts';
import { ROOT } from './test-application.test.support.ts';
import type { EntryHash, Epoch, LogIndex, Term } from './types.ts';
import { nodeId } from './virtual-cluster.test.support.ts';

const lockOf = ({ term, index, hash }: Entry): Lock => ({ term, index, hash });
const quorumFor = (term: number) => [1, 2, 3].map((sender) => preVoteOf(sender, term));
const started = (number = 0) => Probe.started(number, 4, {}, 'BFT');
const others = (term: number, lock = ROOT_LOCK) => [1, 2, 3].map((n) => termVoteOf(n, term, lock));

/** Node 0 of four follows term 1 (leader 1) with its term-start accepted. */
async function follower(): Promise<{ probe: Probe; first: Entry }> {
  const probe = await started();
  const first = termStartOf(1, 4, others(1));
  await probe.follow(first);
  return { probe, first };
}

const votesOf = (probe: Probe, phase: 'prepare' | 'commit') =>
  probe
    .sentOf('vote')
    .filter(({ vote }) => vote.phase === phase)
    .map(({ vote }) => vote.hash);

/** Makes node 0 promise a term, and gives back its term vote. */
async function promise(probe: Probe, term: number) {
  const termVote = termVoteOf(2, term);
  await probe.receive(2, { type: 'term-vote', termVote, justification: quorumFor(term) });
  return probe.sentOf('term-vote').find((message) => message.termVote.voter === nodeId(0));
}

describe('Rule vote', () => {
  it('prepares what the application accepts, and commits only what a prepare certificate names, locked on it durably', async () => {
    const { probe, first } = await follower();
    expect(votesOf(probe, 'prepare')).toEqual([first.hash]);
    expect(votesOf(probe, 'commit')).toEqual([]);
    probe.held.add('persist');
    const certificate = preparedBy(first, [1, 2, 3]);
    await probe.receive(1, { type: 'certificate', certificate });
    expect(votesOf(probe, 'commit')).toEqual([]);
    const write = probe.effects.findLast((effect) => effect.type === 'persist');
    expect(
      write?.operations.map((operation) =>
        operation.type === 'put'
          ? operation.table
          : operation.type === 'put-record' && operation.name,
      ),
    ).toEqual(['commit-votes', 'lock']);
    await probe.release();
    expect(votesOf(probe, 'commit')).toEqual([first.hash]);
    expect(probe.core.status().commitIndex).toBe(0);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(first, [1, 2, 3]) });
    expect(probe.core.status().commitIndex).toBe(1);
  });

  it('a certificate that comes before its entry is used when the entry is stored', async () => {
    const { probe, first } = await follower();
    const next = payloadOn(first, 'a');
    await probe.receive(1, { type: 'certificate', certificate: preparedBy(next, [1, 2, 3]) });
    expect(votesOf(probe, 'commit')).toEqual([]);
    await probe.receive(1, proposalOf(1, next));
    expect(votesOf(probe, 'commit')).toEqual([next.hash]);
  });

  it('wrong reading 7: no commit vote after a term vote', async () => {
    const { probe, first } = await follower();
    await promise(probe, 2);
    await probe.receive(1, { type: 'certificate', certificate: preparedBy(first, [1, 2, 3]) });
    expect(votesOf(probe, 'commit')).toEqual([]);
  });

  it('wrong reading 7: no commit vote for a prepare certificate of an earlier term', async () => {
    const { probe, first } = await follower();
    const prepared = preparedBy(first, [1, 2, 3]);
    const second = termStartOf(
      2,
      4,
      others(2, lockOf(first)),
      lockOf(first),
      first.timestamp,
      prepared,
    );
    await probe.follow(second);
    expect(votesOf(probe, 'prepare')).toEqual([first.hash, second.hash]);
    await probe.receive(2, { type: 'certificate', certificate: prepared });
    expect(votesOf(probe, 'commit')).toEqual([]);
    await probe.receive(2, { type: 'certificate', certificate: preparedBy(second, [1, 2, 3]) });
    expect(votesOf(probe, 'commit')).toEqual([second.hash]);
  });

  it('wrong reading 7: no commit vote for an entry above the one that the certificate names', async () => {
    const { probe, first } = await follower();
    await probe.receive(1, proposalOf(1, payloadOn(first, 'a')));
    await probe.receive(1, { type: 'certificate', certificate: preparedBy(first, [1, 2, 3]) });
    expect(votesOf(probe, 'commit')).toEqual([first.hash]);
  });

  it('counts no prepare vote as a commit vote and no three of four as enough when one is forged', async () => {
    const { probe, first } = await follower();
    const prepared = preparedBy(first, [1, 2, 3]);
    await probe.receive(1, { type: 'certificate', certificate: { ...prepared, phase: 'commit' } });
    await probe.receive(1, { type: 'certificate', certificate: preparedBy(first, [1, 2]) });
    const forged = prepared.votes.map((vote, at) =>
      at > 0 ? vote : { ...vote, signature: new Uint8Array(64) as never },
    );
    await probe.receive(1, { type: 'certificate', certificate: { ...prepared, votes: forged } });
    expect(votesOf(probe, 'commit')).toEqual([]);
    expect(probe.core.status().commitIndex).toBe(0);
    await probe.receive(1, { type: 'certificate', certificate: prepared });
    expect(votesOf(probe, 'commit')).toEqual([first.hash]);
  });

  it('gives the application no proposal without its proposer’s vote for it', async () => {
    const { probe, first } = await follower();
    const next = payloadOn(first, 'a');
    for (const vote of [
      voteOf(2, next, 'prepare'),
      voteOf(1, next, 'commit'),
      voteOf(1, first, 'prepare'),
      { ...voteOf(2, next, 'prepare'), voter: nodeId(1) },
    ]) {
      await probe.receive(1, { type: 'propose', entry: next, vote });
    }
    await probe.receive(1, { type: 'propose', entry: next });
    const asked = probe.effects.filter((effect) => effect.type === 'process-proposal');
    expect(asked.map(({ entry }) => entry.hash)).toEqual([first.hash]);
    expect(probe.core.status().ignored.get('unattributed-proposal')).toBe(5);
  });

  it('a second chain of one term that was certified does not stop a node that had voted for the first', async () => {
    const { probe, first } = await follower();
    const [left, right] = [payloadOn(first, 'left'), payloadOn(first, 'right')];
    await probe.receive(1, proposalOf(1, left));
    const certificate = certificateOf(right, [1, 2, 3]);
    const above = payloadOn(left, 'above left', probe.application.digestAt(2));
    await probe.receive(1, proposalOf(1, above));
    await probe.receive(2, { type: 'certificate', certificate });
    const [fetch] = probe.sent.filter(({ message }) => message.type === 'fetch').slice(-1);
    if (fetch?.message.type !== 'fetch') throw new Error('nothing was fetched');
    const source = [1, 2, 3].find((number) => nodeId(number) === fetch.to) ?? 1;
    const { request } = fetch.message;
    await probe.receive(source, { type: 'entries', request, entries: [first, right], certificate });
    expect(probe.core.status()).toMatchObject({ commitIndex: 2, halted: null });
    const other = payloadOn(right, 'above right', probe.application.digestAt(2));
    await probe.receive(1, proposalOf(1, other));
    expect(probe.halted).toBeNull();
    expect(votesOf(probe, 'prepare')).not.toContain(other.hash);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(other, [1, 2, 3]) });
    expect(probe.core.status()).toMatchObject({ commitIndex: 3, halted: null });
  });
});

describe('Rule lock', () => {
  it('wrong reading 8: a lock without a valid certificate voids its term vote', async () => {
    const first = termStartOf(1, 4, others(1));
    const prepared = preparedBy(first, [0, 1, 3]);
    const bad = [
      undefined,
      preparedBy(first, [1, 3]),
      preparedBy(termStartOf(1, 4, others(1), ROOT_LOCK, first.timestamp + 1), [0, 1, 3]),
      { ...prepared, hash: first.parentHash },
      { ...prepared, term: 2 as Term },
    ];
    for (const lockCertificate of bad) {
      const probe = await started(2);
      const termVote = termVoteOf(1, 2, lockOf(first));
      const message = { type: 'term-vote', termVote, justification: quorumFor(2) } as const;
      await probe.receive(
        1,
        lockCertificate === undefined ? message : { ...message, lockCertificate },
      );
      expect(probe.core.status().term, 'joined').toBe(0);
      expect(probe.core.status().ignored.get('lock-without-certificate')).toBe(1);
    }
    const probe = await started(2);
    const elsewhere = { ...ROOT_LOCK, hash: 'ab'.repeat(32) as EntryHash };
    const termVote = termVoteOf(1, 2, elsewhere);
    await probe.receive(1, { type: 'term-vote', termVote, justification: quorumFor(2) });
    expect(probe.core.status()).toMatchObject({ term: 0, halted: null });
  });

  it('wrong reading 8: a leader is elected with the locks that are certified, of either phase', async () => {
    const first = termStartOf(1, 4, others(1));
    for (const certificate of [preparedBy(first, [0, 1, 3]), certificateOf(first, [0, 1, 3])]) {
      const probe = await started(2);
      const lie: Lock = {
        term: 1 as Term,
        index: 7 as LogIndex,
        hash: 'ee'.repeat(32) as EntryHash,
      };
      const justification = quorumFor(2);
      const lying = { type: 'term-vote', termVote: termVoteOf(3, 2, lie), justification } as const;
      await probe.receive(3, { ...lying, lockCertificate: certificate });
      await probe.receive(1, {
        type: 'term-vote',
        termVote: termVoteOf(1, 2, lockOf(first)),
        justification,
        lockCertificate: certificate,
      });
      await probe.receive(0, { type: 'term-vote', termVote: termVoteOf(0, 2), justification });
      expect(probe.core.status().waitingFor).toMatchObject({ what: 'anchor', from: [nodeId(1)] });
      const [fetch] = probe.sentOf('fetch');
      const request = fetch?.request ?? 0;
      await probe.receive(1, { type: 'entries', request, entries: [first], certificate: null });
      expect(probe.sentOf('propose')[0]).toMatchObject({ entry: { parentHash: first.hash } });
      expect(probe.sentOf('propose')[0]?.vote?.voter).toBe(nodeId(2));
    }
  });

  it('wrong reading 8: a proof whose anchor is not certified elects nobody', async () => {
    const first = termStartOf(1, 4, others(1));
    const votes = others(2, lockOf(first));
    const stranger = preparedBy(first, [1, 2]);
    const mixed = [
      ...others(2, lockOf(first)).slice(0, 2),
      termVoteOf(3, 2, { ...lockOf(first), hash: ROOT.hash }),
    ];
    const prepared = preparedBy(first, [1, 2, 3]);
    const at = first.timestamp;
    for (const termStart of [
      termStartOf(2, 4, votes, lockOf(first)),
      termStartOf(2, 4, votes, lockOf(first), at, stranger),
      termStartOf(2, 4, mixed, lockOf(first), at, prepared),
      termStartOf(2, 4, others(2), ROOT_LOCK, at, prepared),
    ]) {
      const { probe } = await follower();
      await probe.follow(termStart);
      expect(probe.core.status()).toMatchObject({ term: 1, halted: null });
    }
    const { probe } = await follower();
    await probe.follow(termStartOf(2, 4, votes, lockOf(first), at, prepared));
    expect(probe.core.status()).toMatchObject({ term: 2, lastIndex: 2 });
  });

  it('reports the certified entry and not the last one, with its certificate, also after a restart', async () => {
    for (const restarts of [false, true]) {
      const { probe, first } = await follower();
      await probe.receive(1, { type: 'certificate', certificate: preparedBy(first, [1, 2, 3]) });
      await probe.receive(1, proposalOf(1, payloadOn(first, 'a')));
      expect(probe.core.status().lastIndex).toBe(2);
      if (restarts) await probe.restart();
      const message = await promise(probe, 2);
      expect(message?.termVote.lock).toEqual(lockOf(first));
      expect(message?.lockCertificate).toMatchObject({ phase: 'prepare', hash: first.hash });
    }
  });

  it('a restart between the phases: no lock yet, and the commit vote follows the certificate', async () => {
    const { probe, first } = await follower();
    await probe.restart();
    await probe.follow(first);
    await probe.receive(1, { type: 'certificate', certificate: preparedBy(first, [1, 2, 3]) });
    expect(votesOf(probe, 'commit')).toEqual([first.hash]);
    const [signed] = probe.sentOf('vote').filter(({ vote }) => vote.phase === 'commit');
    await probe.restart();
    await probe.follow(first);
    const beat = {
      type: 'heartbeat',
      epoch: 0 as Epoch,
      term: 1 as Term,
      last: first,
      committed: ROOT,
    } as const;
    await probe.receive(1, beat);
    expect(probe.sentOf('vote').filter(({ vote }) => vote.phase === 'commit')).toEqual([signed]);
  });

  it('a lock whose entry a later proof superseded no longer counts, also after a restart; the anchor’s does', async () => {
    for (const restarts of [false, true]) {
      const { probe, first } = await follower();
      const next = payloadOn(first, 'a');
      await probe.receive(1, proposalOf(1, next));
      await probe.receive(1, { type: 'certificate', certificate: preparedBy(next, [1, 2, 3]) });
      const prepared = preparedBy(first, [1, 2, 3]);
      const votes = others(2, lockOf(first));
      probe.held.add('process-proposal');
      await probe.follow(termStartOf(2, 4, votes, lockOf(first), first.timestamp, prepared));
      expect(probe.core.status()).toMatchObject({ term: 2, lastIndex: 1 });
      if (restarts) await probe.restart();
      const message = await promise(probe, 3);
      expect(message?.termVote.lock).toEqual(lockOf(first));
      expect(message?.lockCertificate?.hash).toBe(first.hash);
    }
  });

  it('two valid certificates for one place stop the node, one that is not valid does not', async () => {
    const { probe, first } = await follower();
    await probe.receive(1, { type: 'certificate', certificate: preparedBy(first, [1, 2, 3]) });
    const other = termStartOf(1, 4, others(1), ROOT_LOCK, first.timestamp + 1);
    await probe.receive(1, { type: 'certificate', certificate: preparedBy(other, [1, 2]) });
    expect(probe.halted).toBeNull();
    await probe.receive(1, { type: 'certificate', certificate: preparedBy(other, [1, 2, 3]) });
    expect(probe.halted).toBe('conflicting-lock');
    const convicted = probe.core.evidence().map(({ first: { voter } }) => voter);
    expect(new Set(convicted)).toEqual(new Set([1, 2, 3].map(nodeId)));
  });

  it('a second term-start where one is committed convicts a liar and stops nobody', async () => {
    const probe = await started();
    const first = termStartOf(1, 4, others(1));
    const certificate = certificateOf(first, [1, 2, 3]);
    await probe.receive(2, { type: 'certificate', certificate });
    const [fetch] = probe.sent.filter(({ message }) => message.type === 'fetch');
    if (fetch?.message.type !== 'fetch') throw new Error('nothing was fetched');
    const source = [1, 2, 3].find((number) => nodeId(number) === fetch.to) ?? 1;
    const { request } = fetch.message;
    await probe.receive(source, { type: 'entries', request, entries: [first], certificate });
    expect(probe.core.status()).toMatchObject({ term: 1, commitIndex: 1 });
    await probe.follow(termStartOf(1, 4, others(1), ROOT_LOCK, first.timestamp + 1));
    expect(probe.core.status()).toMatchObject({ lastIndex: 1, halted: null });
  });
});

describe('an equivocating leader', () => {
  it('does not confuse a node whose application is busy with the first of two proposals', async () => {
    const { probe, first } = await follower();
    const [left, right] = [payloadOn(first, 'left'), payloadOn(first, 'right')];
    probe.held.add('process-proposal');
    await probe.receive(1, proposalOf(1, left));
    await probe.receive(1, proposalOf(1, right));
    await probe.release();
    expect(probe.halted).toBeNull();
    expect(votesOf(probe, 'prepare')).toEqual([first.hash, left.hash]);
    expect(probe.core.evidence()).toHaveLength(1);
  });

  it('does not leave its proposal with an application that is given what was committed in its place', async () => {
    const { probe, first } = await follower();
    const [left, right] = [payloadOn(first, 'left'), payloadOn(first, 'right')];
    // Its application is busy with the proposal; what it is asked later waits.
    for (const call of ['process-proposal', 'rollback', 'commit'] as const) probe.held.add(call);
    await probe.receive(1, proposalOf(1, left));
    const certificate = certificateOf(right, [1, 2, 3]);
    await probe.receive(2, { type: 'certificate', certificate });
    const fetch = probe.sent.findLast(({ message }) => message.type === 'fetch');
    if (fetch?.message.type !== 'fetch') throw new Error('nothing was fetched');
    const { request, from } = fetch.message;
    const entries = [first, right].filter(({ index }) => index >= from);
    await probe.receive(2, { type: 'entries', request, entries, certificate });
    await probe.release();
    expect(probe.halted).toBeNull();
    expect(probe.core.status()).toMatchObject({ commitIndex: 2 });
    const given = probe.effects.flatMap((effect) => {
      if (effect.type === 'process-proposal') return [`process ${effect.entry.hash}`];
      if (effect.type === 'commit') return effect.entries.map(({ hash }) => `commit ${hash}`);
      return effect.type === 'rollback' ? [`rollback to ${effect.to.hash}`] : [];
    });
    expect(given.slice(-4)).toEqual([
      `process ${left.hash}`,
      `commit ${first.hash}`,
      `rollback to ${first.hash}`,
      `commit ${right.hash}`,
    ]);
  });

  it('can not bring a node that restarts in the middle of a superseded lock to a halt', async () => {
    const { probe, first } = await follower();
    const next = payloadOn(first, 'a');
    await probe.receive(1, proposalOf(1, next));
    await probe.receive(1, { type: 'certificate', certificate: preparedBy(next, [1, 2, 3]) });
    // The anchor is a chain of term 2 that node 0 has not seen; it is fetched, and then the power fails.
    const second = termStartOf(2, 4, others(2), ROOT_LOCK, first.timestamp);
    const prepared = preparedBy(second, [1, 2, 3]);
    const votes = others(3, lockOf(second));
    await probe.follow(termStartOf(3, 4, votes, lockOf(second), first.timestamp, prepared));
    const fetch = probe.sent.findLast(({ message }) => message.type === 'fetch');
    if (fetch?.message.type !== 'fetch') throw new Error('nothing was fetched');
    probe.held.add('process-proposal');
    const { request } = fetch.message;
    await probe.receive(3, { type: 'entries', request, entries: [second], certificate: null });
    expect(probe.core.status()).toMatchObject({ term: 3, lastIndex: 1 });
    await probe.restart();
    expect(probe.core.status()).toMatchObject({ term: 3, lastIndex: 1, halted: null });
    expect((await promise(probe, 4))?.termVote.lock).toEqual(lockOf(second));
  });
});

describe('Rule commit', () => {
  it('wrong reading 5: votes for an ancestor of an earlier term commit nothing in a later one', async () => {
    const probe = await started(2);
    const first = termStartOf(
      1,
      4,
      [0, 1, 3].map((n) => termVoteOf(n, 1)),
    );
    await probe.follow(first);
    const lockCertificate = preparedBy(first, [0, 1, 3]);
    const justification = quorumFor(2);
    for (const voter of [0, 1, 3]) {
      const termVote = termVoteOf(voter, 2, lockOf(first));
      await probe.receive(voter, { type: 'term-vote', termVote, justification, lockCertificate });
    }
    const start = probe.sentOf('propose').at(-1)?.entry;
    if (start === undefined) throw new Error('not elected');
    expect(start.parentHash).toBe(first.hash);
    for (const voter of [0, 1, 3]) {
      await probe.receive(voter, { type: 'vote', vote: voteOf(voter, first) });
      await probe.receive(voter, { type: 'vote', vote: voteOf(voter, first, 'prepare') });
    }
    expect(probe.core.status().commitIndex).toBe(0);
    for (const phase of ['prepare', 'commit'] as const) {
      for (const voter of [0, 1]) {
        await probe.receive(voter, { type: 'vote', vote: voteOf(voter, start, phase) });
      }
    }
    expect(probe.core.status().commitIndex).toBe(2);
  });
});

describe('Rule own-key', () => {
  it('stops on a vote of either phase of its own key that its store does not have', async () => {
    for (const phase of ['prepare', 'commit'] as const) {
      const { probe, first } = await follower();
      await probe.receive(1, { type: 'vote', vote: voteOf(0, first, 'prepare') });
      expect(probe.halted).toBeNull();
      const vote = voteOf(0, phase === 'commit' ? first : payloadOn(first, 'x'), phase);
      await probe.receive(1, { type: 'vote', vote });
      expect(probe.halted).toBe('own-key');
    }
  });
});
