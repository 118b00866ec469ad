/** The price of a call's gas. A call without one is free, and then the block has no base fee either, as in geth. */
import { ChainError } from '../errors.ts';
import { type Address, type Wei, weiOf } from '../primitives.ts';
import type { CallRequest } from './call-executor.ts';
import { checksumAddress } from './checksum-address.ts';

export interface CallFees {
  /** Wei per gas that GASPRICE shows. */
  readonly gasPrice: Wei;
  /** Wei per gas the sender must be able to pay. */
  readonly feeCap: Wei;
  /** The BASEFEE the call sees. */
  readonly baseFee: Wei;
}

/**
 * Throws `invalid-request` for a gas price beside a fee cap, `tip-above-fee-cap`, and `fee-cap-below-base-fee` for a
 * price below the block's. `mustPay`: a call without a price is one whose price is zero.
 */
export function callFees(
  request: CallRequest,
  from: Address,
  blockBaseFee: Wei | undefined,
  { mustPay = false }: { readonly mustPay?: boolean } = {},
): CallFees {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = request;
  const zero = weiOf(0n);
  if (gasPrice !== undefined && (maxFeePerGas ?? maxPriorityFeePerGas) !== undefined) {
    throw new ChainError(
      'invalid-request',
      'both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified',
    );
  }
  const feeCap = gasPrice ?? maxFeePerGas ?? zero;
  const tipCap = gasPrice ?? maxPriorityFeePerGas ?? zero;
  const baseFee = blockBaseFee ?? zero;
  if (feeCap === 0n && tipCap === 0n && !mustPay) return { gasPrice: zero, feeCap, baseFee: zero };
  if (tipCap > feeCap) {
    throw new ChainError(
      'tip-above-fee-cap',
      `max priority fee per gas higher than max fee per gas: address ${checksumAddress(from)}, maxPriorityFeePerGas: ${tipCap}, maxFeePerGas: ${feeCap}`,
    );
  }
  if (feeCap < baseFee) {
    throw new ChainError(
      'fee-cap-below-base-fee',
      `max fee per gas less than block base fee: address ${checksumAddress(from)}, maxFeePerGas: ${feeCap}, baseFee: ${baseFee}`,
    );
  }
  const wanted = baseFee + tipCap;
  return { gasPrice: wanted < feeCap ? weiOf(wanted) : feeCap, feeCap, baseFee };
}
