/** Money is neither made nor lost: every balance follows from the chain, and all of them add up. */
import { type FinalState, locate, referenceChain } from '../final-state.ts';
import { type CheckResult, checkResult } from './check-result.ts';

export function checkBalances(state: FinalState): CheckResult {
  const violations: string[] = [];
  const expected = new Map(state.balancesBefore);
  const add = (account: string, wei: bigint): void => {
    expected.set(account, (expected.get(account) ?? 0n) + wei);
  };
  let burned = 0n;
  for (const { block, transaction } of locate(referenceChain(state))) {
    const { from, to, wei, gasUsed, gasPrice, succeeded } = transaction;
    add(from, -gasUsed * gasPrice);
    add(block.miner, gasUsed * (gasPrice - block.baseFee));
    burned += gasUsed * block.baseFee;
    if (succeeded && to !== null) {
      add(from, -wei);
      add(to, wei);
    }
  }
  for (const [account, wei] of expected) {
    const found = state.balancesAfter.get(account) ?? 0n;
    if (found !== wei) {
      violations.push(`${account} has ${found} wei, and ${wei} follow from the chain`);
    }
  }
  const before = total(state.balancesBefore);
  const after = total(state.balancesAfter);
  if (before !== after + burned) {
    violations.push(`${before} wei became ${after}, with ${burned} burned as base fee`);
  }
  return checkResult('balances', `${expected.size} accounts`, violations);
}

function total(balances: ReadonlyMap<string, bigint>): bigint {
  return [...balances.values()].reduce((sum, wei) => sum + wei, 0n);
}
