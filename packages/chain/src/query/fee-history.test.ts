import { expect, it } from 'vitest';
import { devGenesisFile } from '../genesis/dev-genesis.ts';
import { createGenesis } from '../genesis/genesis.ts';
import { blockNumberOf } from '../primitives.ts';
import { feeHistory } from './fee-history.ts';
import { ForkRules } from './fork-rules.ts';

it('reads the receipts of few blocks when they are full, the newest ones', () => {
  const genesis = createGenesis(devGenesisFile());
  const rules = new ForkRules(genesis.common);
  const asked: number[] = [];
  const headerAt = (number: number) => ({
    ...genesis.header,
    number: blockNumberOf(number),
    gasUsed: 30_000_000n,
  });
  const source = {
    oldest: blockNumberOf(0),
    header: headerAt,
    receipts: ({ number }: { readonly number: number }) => {
      asked.push(number);
      return [];
    },
    rules: (number: number, timestamp: number) => rules.at(number, timestamp),
  };
  const history = feeHistory(source, 500, headerAt(1_000), [50]);
  expect(history.oldestBlock).toBe(981);
  expect(history.reward).toHaveLength(20);
  expect(history.baseFeePerGas).toHaveLength(21);
  expect(asked).toEqual(Array.from({ length: 20 }, (_, offset) => 981 + offset));
  expect(feeHistory(source, 500, headerAt(1_000), [])).toMatchObject({ oldestBlock: 501 });
});
