/**
 * A read-only world state: the one interface through which execution, calls and queries read accounts, code and storage,
 * whatever holds them (flat tables of the head, blocks in flight, trie nodes of an old block, a map in a test).
 */
import type { Address, Hash } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';

export interface StateView {
  /** Undefined when there is no such account. */
  getAccount(address: Address): AccountData | undefined;
  /** Code by its hash; no bytes for `EMPTY_CODE_HASH`. Throws `corrupt-store` when it is missing. */
  getCode(codeHash: Hash): Uint8Array;
  /** Big-endian without leading zeros; no bytes for zero, also of a missing account. `slot` is 32 bytes. */
  getStorage(address: Address, slot: Hash): Uint8Array;
}

/** Nothing at all: the state below genesis. */
export const EMPTY_STATE: StateView = {
  getAccount: () => undefined,
  getCode: () => new Uint8Array(0),
  getStorage: () => new Uint8Array(0),
};
