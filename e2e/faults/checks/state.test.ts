import { describe, expect, it } from 'vitest';
import { checkAgreement } from './agreement.ts';
import { checkBalances } from './balances.ts';
import { ALICE, chainBlock, goodBlocks, stateOf } from './sample-run.test.support.ts';

describe('checkAgreement', () => {
  it('passes when all nodes have one chain', () => {
    const result = checkAgreement(stateOf());
    expect(result).toMatchObject({ outcome: 'passed', examined: '5 blocks of 3 nodes' });
  });

  const [reference, other] = stateOf().chains;
  const diverged = (blocks: ReturnType<typeof goodBlocks>) =>
    checkAgreement({
      ...stateOf(),
      chains: [reference, other, { node: 3, blocks }].flatMap((chain) => chain ?? []),
    }).violations;

  it('reports a node that diverged in a root', () => {
    const blocks = goodBlocks().map((block) =>
      block.number === 3 ? { ...block, stateRoot: 'other' } : block,
    );
    expect(diverged(blocks)).toEqual(['nodes 1 and 3 differ in stateRoot of block 3']);
  });

  it('reports a node with another receipt', () => {
    const blocks = goodBlocks().map((block) => ({
      ...block,
      transactions: block.transactions.map((one) =>
        one.hash === 't4' ? { ...one, receipt: 'other' } : one,
      ),
    }));
    expect(diverged(blocks)).toEqual([
      'nodes 1 and 3 differ in transaction 0, or its receipt, of block 4',
    ]);
  });

  it('reports a node whose chain can not be read', () => {
    const state = { ...stateOf(), unread: [{ node: 3, reason: 'no answer' }] };
    expect(checkAgreement(state).violations).toEqual([
      'the chain of node 3 can not be read: no answer',
    ]);
  });

  it('reports a node that is behind, and a chain with a hole', () => {
    expect(diverged(goodBlocks().slice(0, 4))).toEqual(['node 3 has 4 blocks, node 1 has 5']);
    const holed = goodBlocks().map((block) =>
      block.number === 2 ? { ...block, parentHash: 'other' } : block,
    );
    expect(diverged(holed)).toContain('node 3: block 2 does not follow block 1');
  });
});

describe('checkBalances', () => {
  it('passes when every balance follows from the chain', () => {
    expect(checkBalances(stateOf())).toMatchObject({ outcome: 'passed', violations: [] });
  });

  it('reports an account with one wei too much, and that the sum grew', () => {
    const state = stateOf();
    const balancesAfter = new Map(state.balancesAfter);
    balancesAfter.set(ALICE, (balancesAfter.get(ALICE) ?? 0n) + 1n);
    const { violations } = checkBalances({ ...state, balancesAfter });
    expect(violations).toEqual([
      expect.stringMatching(/^0xa11ce has .* follow from the chain/),
      expect.stringMatching(/wei became/),
    ]);
  });

  it('reports a transfer whose money moved without a transaction in the chain', () => {
    const blocks = goodBlocks().map((block) => (block.number === 1 ? chainBlock(1, []) : block));
    expect(checkBalances(stateOf(blocks)).outcome).toBe('failed');
  });
});
