import { describe, expect, it } from 'vitest';
import type { TraceState, TraceValue } from '../trace.ts';
import { replay } from './crash-faults-replay.ts';

type Fields = Record<string, TraceValue>;

const TERM_START = { term: 1, payload: 0 };
const NEW_NODE: Fields = {
  term: 0,
  storedTerm: 0,
  log: [],
  binding: [],
  committed: 0,
  following: [],
  candidate: false,
  leading: false,
};
const PROMISED: Fields = { ...NEW_NODE, term: 1, storedTerm: 1 };
const LEADING: Fields = {
  ...PROMISED,
  log: [TERM_START],
  binding: [TERM_START],
  following: [TERM_START],
  leading: true,
};

const termVote = (voter: number, lockTerm = 0): Fields => ({
  voter,
  term: 1,
  lock: { term: lockTerm, chain: [] },
});

function state(nodes: readonly Fields[], sent: Fields, did: Fields): TraceState {
  return {
    nodes: nodes.map((node, number): TraceValue => [number, node]),
    sent: { termVotes: [], votes: [], ...sent },
    did,
  };
}

/** Nodes 1 and 2 promise term 1, and node 1 proves it. */
function election(lockOfSecond = 0): TraceState[] {
  const termVotes = [termVote(1), termVote(2, lockOfSecond)];
  const votes = [{ voter: 1, term: 1, chain: [TERM_START] }];
  const promised = { ...PROMISED, candidate: true };
  return [
    state([NEW_NODE, NEW_NODE, NEW_NODE], {}, { tag: 'Begin', value: [] }),
    state(
      [NEW_NODE, promised, NEW_NODE],
      { termVotes: [termVote(1)] },
      move('Promise', { node: 1, term: 1 }),
    ),
    state([NEW_NODE, promised, PROMISED], { termVotes }, move('Promise', { node: 2, term: 1 })),
    state(
      [NEW_NODE, LEADING, PROMISED],
      { termVotes, votes },
      move('Prove', { node: 1, voters: [1, 2] }),
    ),
  ];
}

function move(tag: string, value: Fields): Fields {
  return { tag, value };
}

describe('replay of the crash-fault model', () => {
  it('compares every state of a run that the core takes as the model does', async () => {
    expect(await replay(election())).toBe(4);
  });

  it('Rule lock: tells the step and both states where the core reports another lock', async () => {
    await expect(replay(election(1))).rejects.toThrow(
      /^step 2, Promise of node 2 term 1: node 2 differs\nmodel .*"lock":\{"term":1.*\ncore .*"lock":\{"term":0/,
    );
  });

  it('Rule vote: tells of a vote that the core does not give', async () => {
    const trace = election();
    const last = trace.at(-1);
    const vote = move('Vote', { node: 2, chain: [TERM_START] });
    await expect(replay([...trace, { ...last, did: vote }])).rejects.toThrow(
      /^step 4, Vote of node 2 \/1: the core can not: .*was not asked/,
    );
  });

  it('Rule proof: tells of a second proof that the core does not make', async () => {
    const trace = election();
    const last = trace.at(-1);
    const second = move('Prove', { node: 1, voters: [0, 1] });
    await expect(replay([...trace, { ...last, did: second }])).rejects.toThrow(
      /^step 4, Prove of node 1 voters 0,1: the core can not: .*node 0 sent no term vote/,
    );
  });

  it('refuses what is no state of the model', async () => {
    await expect(replay([{ nodes: [], sent: {} }])).rejects.toThrow(/invalid/i);
  });
});
