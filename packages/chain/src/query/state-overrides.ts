/** geth's state and block overrides of a call, written into the call's own state and header. */
import type { HeaderData } from '../block/block-data.ts';
import { trimZeros } from '../encoding/quantity.ts';
import { ChainError } from '../errors.ts';
import { type Address, blockNumberOf, bytesOf, type Hash, slotOf } from '../primitives.ts';
import { EMPTY_ACCOUNT, type JournaledState } from '../state/journaled-state.ts';
import type { Precompiles } from './call-evm.ts';
import type { AccountOverride, BlockOverride } from './call-executor.ts';
import { checksumAddress } from './checksum-address.ts';

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
    const { nonce, balance } = override;
    if (nonce !== undefined || balance !== undefined) {
      const account = state.getAccount(address) ?? EMPTY_ACCOUNT;
      state.putAccount(address, {
        ...account,
        nonce: nonce ?? account.nonce,
        balance: balance ?? account.balance,
      });
    }
    if (override.code !== undefined) state.putCode(address, bytesOf(override.code));
    if (override.state !== undefined) state.clearStorage(address);
    putSlots(state, address, override.state ?? override.stateDiff ?? new Map());
  }
  state.beginTransaction();
}

/**
 * Precompiled contracts after their moves. One whose account is overridden is there no more. Throws `execution-failed` where
 * there is none to move, or the place is taken by another override.
 */
export function overridePrecompiles(
  precompiles: Precompiles,
  overrides: ReadonlyMap<Address, AccountOverride>,
): Precompiles {
  const moved = new Map(precompiles);
  const destinations = new Set<Address>();
  const refuse = (address: Address, reason: string) =>
    new ChainError('execution-failed', `account ${checksumAddress(address)} ${reason}`);
  for (const [address, { movePrecompileTo }] of overrides) {
    if (destinations.has(address)) {
      throw refuse(address, 'has already been overridden by a precompile');
    }
    const precompile = moved.get(address.slice(2));
    moved.delete(address.slice(2));
    if (movePrecompileTo === undefined) continue;
    if (precompile === undefined) throw refuse(address, 'is not a precompile');
    if (overrides.has(movePrecompileTo)) throw refuse(movePrecompileTo, 'is already overridden');
    moved.set(movePrecompileTo.slice(2), precompile);
    destinations.add(movePrecompileTo);
  }
  return moved;
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
