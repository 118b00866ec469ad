/**
 * geth's search for the gas limit a call needs: not the gas it uses, since a call may only pass on 63/64 of what it has
 * (EIP-150) and refunds come last.
 */
import { bigIntMin } from '@ethereumjs/util';
import { ChainError } from '../errors.ts';
import { type Address, weiOf } from '../primitives.ts';
import type { CallRequest } from './call-executor.ts';
import type { RunResult } from './call-run.ts';
import { ExecutionRevertedError } from './revert-reason.ts';

const TRANSFER_GAS = 21_000n;
const CALL_STIPEND = 2_300n;
/** EIP-7825. */
const TRANSACTION_GAS_MAX = 16_777_216n;
/** The search ends when the bounds are this close, as a part of the upper one (geth's `estimateGasErrorRatio`). */
const ERROR_RATIO = 0.015;

export interface EstimateSubject {
  readonly request: CallRequest & { readonly from: Address };
  /** Wei. */
  readonly balance: bigint;
  /** Wei per gas the sender offers. */
  readonly feeCap: bigint;
  readonly blockGasLimit: bigint;
  /** EIP-7825 is active. */
  readonly capsTransactionGas: boolean;
  readonly gasCap: bigint;
  /** No code where it goes, and no data. */
  readonly isPlainTransfer: boolean;
  run(gas: bigint): Promise<RunResult>;
}

/**
 * Throws `ExecutionRevertedError`; `execution-failed` with the EVM's error; `gas-required-exceeds-allowance`; and what
 * keeps the call from running at all.
 */
export async function estimateGas(subject: EstimateSubject): Promise<bigint> {
  let high = highestLimit(subject);
  if (subject.isPlainTransfer) {
    const attempt = await tryWith(subject, TRANSFER_GAS);
    if (attempt?.result.status === 'success') return TRANSFER_GAS;
  }
  const first = await tryWith(subject, high);
  if (first?.result.status !== 'success') throw failureOf(first, high);
  let low = first.result.gasUsed - 1n;
  const succeeds = async (gas: bigint) =>
    (await tryWith(subject, gas))?.result.status === 'success';
  // Most calls succeed with what they used, if they could pass on all but a 64th.
  const likely = ((first.gasUsedAtMost + CALL_STIPEND) * 64n) / 63n;
  if (likely < high) {
    if (await succeeds(likely)) high = likely;
    else low = likely;
  }
  while (low + 1n < high) {
    if (Number(high - low) / Number(high) < ERROR_RATIO) break;
    let middle = (low + high) / 2n;
    // The answer is usually near the low end.
    if (middle > low * 2n) middle = low * 2n;
    if (await succeeds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The most gas the question allows: block, request, balance and cap. */
function highestLimit(subject: EstimateSubject): bigint {
  const { request, feeCap, balance } = subject;
  let high = subject.blockGasLimit;
  if (request.gas !== undefined && request.gas >= TRANSFER_GAS) high = request.gas;
  if (subject.capsTransactionGas && high > TRANSACTION_GAS_MAX) high = TRANSACTION_GAS_MAX;
  if (feeCap > 0n) {
    const value = request.value ?? weiOf(0n);
    if (value > 0n && value >= balance) {
      throw new ChainError('insufficient-funds', 'insufficient funds for transfer');
    }
    const allowance = (balance - value) / feeCap;
    if (allowance < high) high = allowance;
  }
  return bigIntMin(high, subject.gasCap);
}

/** Undefined when the gas does not even pay for the transaction itself. */
async function tryWith(subject: EstimateSubject, gas: bigint): Promise<RunResult | undefined> {
  try {
    return await subject.run(gas);
  } catch (error) {
    if (!(error instanceof ChainError) || error.code === 'execution-timeout') throw error;
    if (error.code === 'intrinsic-gas-too-low') return undefined;
    throw new ChainError(error.code, `failed with ${gas} gas: ${error.message}`, error.fields);
  }
}

function failureOf(attempt: RunResult | undefined, high: bigint): ChainError {
  const result = attempt?.result;
  if (result?.status === 'revert') return new ExecutionRevertedError(result.output);
  if (result?.status === 'failure' && result.error !== 'out of gas') {
    return new ChainError('execution-failed', result.error);
  }
  return new ChainError(
    'gas-required-exceeds-allowance',
    `gas required exceeds allowance (${high})`,
    { allowance: high },
  );
}
