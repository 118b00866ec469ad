import { describe, expect, it } from 'vitest';
import type { ChainBlock } from '../final-state.ts';
import { chainBlock, goodBlocks, goodHistory, stateOf } from './sample-run.test.support.ts';
import {
  checkAcknowledged,
  checkAtMostOnce,
  checkNonces,
  checkRealTimeOrder,
} from './transactions.ts';

/** The good blocks with one of them changed. */
function blocksWith(number: number, change: (block: ChainBlock) => ChainBlock): ChainBlock[] {
  return goodBlocks().map((block) => (block.number === number ? change(block) : block));
}

describe('checkAcknowledged', () => {
  it('passes when every acknowledged transaction is where its receipt said', () => {
    const result = checkAcknowledged(goodHistory(), stateOf());
    expect(result).toMatchObject({ outcome: 'passed', examined: '4 acknowledged transactions' });
  });

  it('reports a lost write', () => {
    const state = stateOf(blocksWith(2, () => chainBlock(2, [])));
    const { violations } = checkAcknowledged(goodHistory(), state);
    expect(violations).toEqual([expect.stringMatching(/^lost: node 1 acknowledged t2/)]);
  });

  it('reports a transaction that is mined twice', () => {
    const [, , second] = goodBlocks();
    const state = stateOf([...goodBlocks(), chainBlock(5, second?.transactions ?? [])]);
    const { violations } = checkAcknowledged(goodHistory(), state);
    expect(violations).toEqual([expect.stringMatching(/^duplicated: .*t2/)]);
  });

  it('reports one that stands in another block than the receipt said', () => {
    const state = stateOf(blocksWith(3, (block) => ({ ...block, hash: 'other' })));
    const { violations } = checkAcknowledged(goodHistory(), state);
    expect(violations).toEqual([expect.stringMatching(/^moved: .*t3/)]);
  });

  it('reports one that did not succeed', () => {
    const state = stateOf(
      blocksWith(1, (block) => ({
        ...block,
        transactions: block.transactions.map((one) => ({ ...one, succeeded: false })),
      })),
    );
    const { violations } = checkAcknowledged(goodHistory(), state);
    expect(violations).toEqual([expect.stringMatching(/^reverted: .*t1/)]);
  });
});

describe('checkAtMostOnce', () => {
  it('passes whether or not a transaction in doubt is mined', () => {
    expect(checkAtMostOnce(goodHistory(), stateOf()).outcome).toBe('passed');
    const [, first] = goodBlocks();
    const inDoubt = first?.transactions.map((one) => ({ ...one, hash: 't5', nonce: 1 })) ?? [];
    const state = stateOf([...goodBlocks(), chainBlock(5, inDoubt)]);
    expect(checkAtMostOnce(goodHistory(), state).outcome).toBe('passed');
  });

  it('reports a transaction in doubt that is mined twice, and one that nobody sent', () => {
    const [, first] = goodBlocks();
    const copy = (hash: string) => first?.transactions.map((one) => ({ ...one, hash })) ?? [];
    const state = stateOf([
      ...goodBlocks(),
      chainBlock(5, copy('t5')),
      chainBlock(6, copy('t5')),
      chainBlock(7, copy('t9')),
    ]);
    const { violations } = checkAtMostOnce(goodHistory(), state);
    expect(violations).toEqual(['duplicated: t5 is in 2 places', expect.stringMatching(/nobody/)]);
  });

  it('reports one that was mined although no attempt reached a node', () => {
    const history = goodHistory();
    const attempts = history.attempts.map((attempt) =>
      attempt.hash === 't1' ? ({ ...attempt, outcome: 'failed' } as const) : attempt,
    );
    const { violations } = checkAtMostOnce({ ...history, attempts }, stateOf());
    expect(violations).toEqual(['invented: no attempt of t1 reached a node']);
  });
});

describe('checkNonces', () => {
  it('passes for 0, 1, 2 of each account and reports a gap', () => {
    expect(checkNonces(stateOf()).outcome).toBe('passed');
    const state = stateOf(goodBlocks().filter(({ number }) => number !== 2));
    const { violations } = checkNonces(state);
    expect(violations).toEqual(['0xa11ce has nonce 2 in block 4, where 1 is next']);
  });
});

describe('checkRealTimeOrder', () => {
  it('passes when what was acknowledged first stands first', () => {
    expect(checkRealTimeOrder(goodHistory(), stateOf()).outcome).toBe('passed');
  });

  it('reports a transaction that stands before one acknowledged before it was sent', () => {
    const [genesis, first, second, third, fourth] = goodBlocks();
    const blocks = [genesis, first, third, second, fourth].flatMap((block) => block ?? []);
    const { violations } = checkRealTimeOrder(goodHistory(), stateOf(blocks));
    expect(violations).toEqual([expect.stringMatching(/^t3 was first sent at 300 ms, when t2/)]);
  });
});
