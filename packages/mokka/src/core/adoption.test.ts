/** Directed tests of adopting proofs and certified chains where own entries are in the way. */
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
import { nodeId, VirtualCluster } from './virtual-cluster.test.support.ts';

const lockOf = ({ term, index, hash }: Entry): Lock => ({ term, index, hash });

/** A term-start of three validators, proven by nodes 1 and 2; node 0 has no part in it. */
function startOf(term: number, lock: Lock = ROOT_LOCK, timestamp?: number): Entry {
  const votes = [termVoteOf(1, term, lock), termVoteOf(2, term)];
  return termStartOf(term, 3, votes, lock, timestamp);
}

/** Answers the last fetch. */
async function serve(probe: Probe, entries: readonly Entry[]): Promise<void> {
  const fetches = probe.sent.filter(({ message }) => message.type === 'fetch');
  const last = fetches[fetches.length - 1];
  if (last?.message.type !== 'fetch') throw new Error('nothing was fetched');
  const from = [0, 1, 2].find((number) => nodeId(number) === last.to) ?? 0;
  const { request } = last.message;
  await probe.receive(from, { type: 'entries', request, entries, certificate: null });
}

describe('Rule lock', () => {
  it('a valid proof with its anchor below a committed entry stops the node', async () => {
    const probe = await Probe.started(0, 3);
    const first = startOf(1);
    const second = payloadOn(first, 'second');
    await probe.follow(first);
    await probe.receive(1, { type: 'propose', entry: second });
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(second, [1, 2]) });
    expect(probe.core.status().commitIndex).toBe(2);
    await probe.follow(startOf(4, lockOf(first)));
    expect(probe.halted).toBe('conflicting-lock');
  });

  it('entries under a reported lock are kept until a proof of a higher term is verified', async () => {
    const probe = await Probe.started(0, 3);
    const first = startOf(1);
    await probe.follow(first);
    const justification = [preVoteOf(1, 2), preVoteOf(2, 2)];
    await probe.receive(2, { type: 'term-vote', termVote: termVoteOf(2, 2), justification });
    expect(probe.sentOf('term-vote')[0]?.termVote.lock).toEqual(lockOf(first));
    await probe.follow(termStartOf(2, 3, [termVoteOf(2, 2)]));
    expect(probe.core.status().lastIndex).toBe(1);
    await probe.restart();
    expect(probe.core.position().last.hash).toBe(first.hash);
    await probe.follow(startOf(2));
    expect(probe.core.position().last.hash).toBe(startOf(2).hash);
  });

  it('drops what conflicts with a fetched anchor, and only then', async () => {
    const probe = await Probe.started(0, 3);
    const own = startOf(1);
    await probe.follow(own);
    const other = startOf(2);
    const next = startOf(4, lockOf(other));
    await probe.follow(next);
    expect(probe.core.position().last.hash).toBe(own.hash);
    await serve(probe, [other]);
    expect(probe.core.position().last.hash).toBe(next.hash);
    expect(probe.halted).toBeNull();
  });
});

describe('Rule proof', () => {
  it('wrong reading 2: entries of a term that were fetched without a vote stay, whatever else claims that term', async () => {
    const probe = await Probe.started(0, 3);
    const first = startOf(4);
    probe.held.add('process-proposal');
    await probe.follow(startOf(5, lockOf(first)));
    await serve(probe, [first]);
    expect(probe.core.position().last.hash).toBe(first.hash);
    await probe.restart();
    await probe.follow(startOf(4, ROOT_LOCK, first.timestamp + 1));
    expect(probe.core.position().last.hash).toBe(first.hash);
    expect(probe.sentOf('vote')).toEqual([]);
  });
});

describe('Rule durability', () => {
  it('the sync of an entry that was dropped meanwhile does not speak for the same entry stored again', async () => {
    const probe = await Probe.started(0, 3);
    const first = startOf(1);
    probe.held.add('persist');
    await probe.follow(first);
    await probe.follow(startOf(2));
    const again = startOf(4, lockOf(first));
    await probe.follow(again);
    await serve(probe, [first]);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(again, [1, 2]) });
    expect(probe.core.position().last.hash).toBe(again.hash);
    const handedOver = () => probe.effects.filter((effect) => effect.type === 'commit').length;
    // The disk holds the first write: its entry is deleted by the next one and written again by a later one.
    await probe.releaseOne();
    expect(handedOver()).toBe(0);
    await probe.release();
    expect(handedOver()).toBeGreaterThan(0);
    expect(probe.application.committed.map((entry) => entry.hash)).toEqual([
      first.hash,
      again.hash,
    ]);
  });
});

describe('Rule own-key', () => {
  it('does not stop for own votes of entries that were dropped, replaced or committed, also after a restart', async () => {
    const probe = await Probe.started(0, 3);
    const first = startOf(1);
    await probe.follow(first);
    const replay = async (entry: Entry) => {
      await probe.receive(1, { type: 'vote', vote: voteOf(0, entry) });
      await probe.receive(2, { type: 'certificate', certificate: certificateOf(entry, [0]) });
    };
    probe.held.add('process-proposal');
    const second = startOf(2);
    await probe.follow(second);
    expect(probe.core.status().lastIndex).toBe(0);
    await replay(first);
    await probe.restart();
    await replay(first);
    await probe.follow(second);
    await replay(first);
    await replay(second);
    await probe.receive(1, { type: 'certificate', certificate: certificateOf(second, [0, 2]) });
    await replay(second);
    await probe.restart();
    await replay(second);
    await replay(first);
    expect(probe.halted).toBeNull();
    expect(probe.core.status().commitIndex).toBe(1);
  });

  it('does not stop for own term votes of earlier terms and the present one', async () => {
    const probe = await Probe.started(0, 3);
    for (const term of [2, 4]) {
      const justification = [preVoteOf(1, term), preVoteOf(2, term)];
      await probe.receive(1, { type: 'term-vote', termVote: termVoteOf(1, term), justification });
    }
    await probe.restart();
    for (const term of [2, 4]) {
      await probe.receive(1, {
        type: 'term-vote',
        termVote: termVoteOf(0, term),
        justification: [],
      });
    }
    const votes = [termVoteOf(0, 4), termVoteOf(1, 4)];
    await probe.follow(termStartOf(4, 3, votes));
    expect(probe.halted).toBeNull();
    expect(probe.core.status().leader).toBe(nodeId(1));
  });
});

describe('Rule promise', () => {
  it('relays no term vote with more statements than validators can make', async () => {
    const probe = await Probe.started(0, 5);
    const termVote = termVoteOf(2, 1);
    const justification = Array.from({ length: 16 }, () => preVoteOf(2, 1));
    await probe.receive(2, { type: 'term-vote', termVote, justification });
    expect(probe.sentOf('term-vote')).toEqual([]);
    await probe.receive(2, { type: 'term-vote', termVote, justification: [preVoteOf(2, 1)] });
    expect(probe.sentOf('term-vote')).toHaveLength(1);
  });
});

describe('Rule progress', () => {
  it('an entry that the application refused for a passing reason is tried again by the next leader', async () => {
    const cluster = await VirtualCluster.started(1);
    const node = cluster.node(0);
    cluster.submit('payload');
    cluster.until(() => node.running.status().commitIndex === 2);
    cluster.crash(0);
    expect(node.application.committed.length).toBeLessThan(2);
    let refusals = 1;
    node.application.rejects = () => refusals-- > 0;
    await cluster.start(0);
    cluster.until(() => cluster.committed(0).length === 1, 1_000);
    expect(refusals).toBeLessThan(0);
  });
});
