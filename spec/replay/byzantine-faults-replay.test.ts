import { describe, expect, it } from 'vitest';
import type { TraceState, TraceValue } from '../trace.ts';
import { replay } from './byzantine-faults-replay.ts';

type Fields = Record<string, TraceValue>;

const START: TraceValue = [{ term: 2, payload: 0 }];
const NO_LOCK: Fields = { term: 0, chain: [] };
const LOCK: Fields = { term: 2, chain: START };
const NEW_NODE: Fields = {
  term: 0,
  storedTerm: 0,
  log: [],
  lock: NO_LOCK,
  storedLock: NO_LOCK,
  binding: [],
  committed: 0,
  following: [],
  candidate: false,
  leading: false,
};
const PROMISED: Fields = { ...NEW_NODE, term: 2, storedTerm: 2 };
const STARTED: Fields = { ...PROMISED, log: START, binding: START, following: START };
const LEADING: Fields = { ...STARTED, leading: true };
const LOCKED: Fields = { lock: LOCK, storedLock: LOCK };

const termVote = (voter: number): Fields => ({ voter, term: 2, lock: NO_LOCK });
const vote = (voter: number): Fields => ({ voter, term: 2, chain: START });
const move = (tag: string, value: TraceValue): Fields => ({ tag, value });

/** Validators 0, 2 and 3; validator 1 lies. */
function state(nodes: readonly Fields[], sent: Fields, did: Fields): TraceState {
  return {
    nodes: [0, 2, 3].map((number, at): TraceValue => [number, nodes[at] ?? NEW_NODE]),
    liars: [1],
    sent: { termVotes: [], prepares: [], commits: [], ...sent },
    did,
  };
}

/** Node 2 proves term 2 with node 0 and the liar; node 0 prepares; both vote to commit with the liar's help. */
function commitment(): TraceState[] {
  const termVotes = [termVote(2), termVote(0)];
  const own = { termVotes, prepares: [vote(2)] };
  const prepared = { termVotes, prepares: [vote(2), vote(0)] };
  const certified = { node: 2, certified: START, term: 2, chain: START };
  return [
    state([], {}, move('Begin', [])),
    state(
      [NEW_NODE, { ...PROMISED, candidate: true }],
      { termVotes: [termVote(2)] },
      move('Promise', { node: 2, term: 2 }),
    ),
    state(
      [PROMISED, { ...PROMISED, candidate: true }],
      { termVotes },
      move('Promise', { node: 0, term: 2 }),
    ),
    state([PROMISED, LEADING], own, move('Prove', { node: 2, voters: [0, 1, 2], lied: NO_LOCK })),
    state(
      [{ ...PROMISED, following: START }, LEADING],
      own,
      move('Adopt', { node: 0, start: START }),
    ),
    state([STARTED, LEADING], prepared, move('Prepare', { node: 0, chain: START })),
    state(
      [STARTED, { ...LEADING, ...LOCKED }],
      { ...prepared, commits: [vote(2)] },
      move('CommitTo', certified),
    ),
    state(
      [
        { ...STARTED, ...LOCKED },
        { ...LEADING, ...LOCKED },
      ],
      { ...prepared, commits: [vote(2), vote(0)] },
      move('CommitTo', { ...certified, node: 0 }),
    ),
    state(
      [
        { ...STARTED, ...LOCKED },
        { ...LEADING, ...LOCKED, committed: 1 },
      ],
      { ...prepared, commits: [vote(2), vote(0)] },
      move('Commit', { node: 2, term: 2, chain: START }),
    ),
  ];
}

describe('replay of the model for Byzantine faults', () => {
  it('compares every state of a run that the cores take as the model does', async () => {
    expect(await replay(commitment())).toBe(9);
  });

  it('Rule lock: tells where the core holds a lock that the model does not know of', async () => {
    const trace = commitment().slice(0, 6);
    const forgotten = state(
      [STARTED, LEADING],
      { termVotes: [termVote(2), termVote(0)], prepares: [vote(2), vote(0)], commits: [vote(2)] },
      move('CommitTo', { node: 2, certified: START, term: 2, chain: START }),
    );
    await expect(replay([...trace, forgotten])).rejects.toThrow(
      /^step 6, CommitTo .*: node 2 differs\nmodel .*"lock":"\(0, \)".*\ncore .*"lock":"\(2, \/2\)"/,
    );
  });

  it('Rule vote: tells of a commit vote without a quorum that prepared', async () => {
    const trace = commitment().slice(0, 5);
    const alone = state(
      [
        { ...PROMISED, following: START },
        { ...LEADING, ...LOCKED },
      ],
      { termVotes: [termVote(2), termVote(0)], prepares: [vote(2)], commits: [vote(2)] },
      move('CommitTo', { node: 2, certified: START, term: 2, chain: START }),
    );
    await expect(replay([...trace, alone])).rejects.toThrow(/^step 5, CommitTo .*: node 2 differs/);
  });

  it('Rule lock: tells of a lock that the liar reports on an entry nobody proposed', async () => {
    const trace = commitment().slice(0, 3);
    const lied = { term: 1, chain: [{ term: 1, payload: 0 }] };
    const proved = state(
      [PROMISED, LEADING],
      { termVotes: [termVote(2), termVote(0)], prepares: [vote(2)] },
      move('Prove', { node: 2, voters: [0, 1, 2], lied }),
    );
    await expect(replay([...trace, proved])).rejects.toThrow(
      /^step 3, Prove .*: the core can not: .*nobody proposed \/1/,
    );
  });

  it('refuses what is no state of the model', async () => {
    await expect(replay([{ nodes: [], sent: {} }])).rejects.toThrow(/invalid/i);
  });
});
