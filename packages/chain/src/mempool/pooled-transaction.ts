import { bigIntMin } from '@ethereumjs/util';
import type { Wei } from '../primitives.ts';
import type { SignedTransaction } from '../transaction/signed-transaction.ts';
import { maximumCost } from '../transaction/validate.ts';

/** A transaction in the pool with what the pool sorts and sums by. */
export interface PooledTransaction extends SignedTransaction {
  /** The most it can cost its sender, in wei. */
  readonly cost: bigint;
  /** Wei per gas: the gas price of types 0 and 1. */
  readonly feeCap: Wei;
  readonly tipCap: Wei;
  /** Order of arrival in this pool. */
  readonly arrival: number;
}

export function pooled(transaction: SignedTransaction, arrival: number): PooledTransaction {
  const { data } = transaction;
  const feeCap = data.maxFeePerGas ?? data.gasPrice;
  const tipCap = data.maxPriorityFeePerGas ?? data.gasPrice;
  if (feeCap === undefined || tipCap === undefined) throw new Error('A transaction has no price.');
  return { ...transaction, cost: maximumCost(data), feeCap, tipCap, arrival };
}

/** What the block's proposer earns per gas; negative when the fee cap is below the base fee (EIP-1559). */
export function effectiveTip(transaction: PooledTransaction, baseFee: bigint): bigint {
  return bigIntMin(transaction.tipCap, transaction.feeCap - baseFee);
}
