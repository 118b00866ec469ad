import { EMPTY_CODE_HASH } from '../crypto/keccak.ts';
import { trimZeros } from '../encoding/quantity.ts';
import { ChainError } from '../errors.ts';
import { bytesOf, weiOf } from '../primitives.ts';
import { EMPTY_ACCOUNT, type JournaledState } from '../state/journaled-state.ts';
import type { StateMove } from './apply-operation.ts';

const BALANCE_MAX = 2n ** 256n - 1n;

/**
 * Changes accounts as tests want them. An account left with nothing at all is deleted, as execution does (EIP-161).
 * Throws `ChainError` `invalid-request` for a balance beyond 256 bits.
 */
export function editState(
  state: JournaledState,
  { accounts, keepsHigherNonces }: Extract<StateMove, { kind: 'edit' }>,
): void {
  for (const edit of accounts) {
    const { address } = edit;
    const before = state.getAccount(address) ?? EMPTY_ACCOUNT;
    const balance = (edit.balance ?? before.balance) + edit.addedBalance;
    if (balance > BALANCE_MAX) {
      throw new ChainError('invalid-request', `the balance of ${address} would exceed 256 bits`);
    }
    const nonce = edit.nonce ?? before.nonce;
    state.putAccount(address, {
      ...before,
      balance: weiOf(balance),
      nonce: keepsHigherNonces && nonce < before.nonce ? before.nonce : nonce,
    });
    if (edit.code !== null) state.putCode(address, edit.code);
    for (const { slot, value } of edit.slots) {
      state.putStorage(address, slot, trimZeros(bytesOf(value)));
    }
    const after = state.getAccount(address) ?? EMPTY_ACCOUNT;
    const isEmpty =
      after.nonce === 0n && after.balance === 0n && after.codeHash === EMPTY_CODE_HASH;
    const written = [...(state.writes.storage.get(address)?.slots.values() ?? [])];
    const hasStorage =
      before.storageRoot !== EMPTY_ACCOUNT.storageRoot || written.some(({ length }) => length > 0);
    if (isEmpty && !hasStorage) state.deleteAccount(address);
  }
}
