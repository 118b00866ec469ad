/** geth's state and block overrides of a call, written into the call's own state and header. */
import type { HeaderData } from '../block/block-data.ts';
import { trimZeros } from '../encoding/quantity.ts';
import { ChainError } from '../errors.ts';
import { type Address, blockNumberOf, bytesOf, type Hash, slotOf } from '../primitives.ts';
import { EMPTY_ACCOUNT, type JournaledState } from '../state/journaled-state.ts';
import type { AccountOverride, BlockOverride } from './call-executor.ts';

/** Throws `invalid-request` when an account has both `state` and `stateDiff`. */
export function overrideState(
  state: JournaledState,
  overrides: ReadonlyMap<Address, AccountOverride>,
): void {
  for (const [address, override] of overrides) {
    if (override.state !== undefined && override.stateDiff !== undefined) {
      throw new ChainError(
        'invalid-request',
        `account ${address} has both 'state' and 'stateDiff'`,
      );
    }
    const account = state.getAccount(address) ?? EMPTY_ACCOUNT;
    state.putAccount(address, {
      ...account,
      nonce: override.nonce ?? account.nonce,
      balance: override.balance ?? account.balance,
    });
    if (override.code !== undefined) state.putCode(address, bytesOf(override.code));
    if (override.state !== undefined) state.clearStorage(address);
    putSlots(state, address, override.state ?? override.stateDiff ?? new Map());
  }
  state.beginTransaction();
}

/** The header a call sees. Throws `invalid-request` for a number or time beyond 2^53. */
export function overrideHeader(header: HeaderData, override: BlockOverride): HeaderData {
  const { number, time, gasLimit, feeRecipient, prevRandao, baseFeePerGas } = override;
  try {
    return {
      ...header,
      ...(number !== undefined && { number: blockNumberOf(number) }),
      ...(time !== undefined && { timestamp: blockNumberOf(time) }),
      ...(gasLimit !== undefined && { gasLimit }),
      ...(feeRecipient !== undefined && { beneficiary: feeRecipient }),
      ...(prevRandao !== undefined && { mixHash: prevRandao }),
      ...(baseFeePerGas !== undefined && { baseFeePerGas }),
    };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ChainError('invalid-request', 'a block override is beyond 2^53');
  }
}

function putSlots(state: JournaledState, address: Address, slots: ReadonlyMap<bigint, Hash>): void {
  for (const [slot, value] of slots) {
    state.putStorage(address, slotOf(slot), trimZeros(bytesOf(value)));
  }
}
