/**
 * The state of the committed head, from flat tables: one read per account or slot. It moves with the head, so only the
 * chain's writer reads it across turns; other threads read a block's root (`trie-state-view.ts`).
 */
import { EMPTY_CODE_HASH } from '../crypto/keccak.ts';
import { type Address, bytesOf, type Hash } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import { storageKey } from '../store/schema.ts';
import type { Tables } from '../store/tables.ts';
import { decodeAccount } from './account-codec.ts';
import { readCode } from './code-table.ts';
import type { StateView } from './state-view.ts';

const NO_BYTES = new Uint8Array(0);

export class FlatStateView implements StateView {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  getAccount(address: Address): AccountData | undefined {
    const bytes = this.#tables.getSealed('accounts', bytesOf(address));
    return bytes === undefined ? undefined : decodeAccount(bytes);
  }

  getCode(codeHash: Hash): Uint8Array {
    return codeHash === EMPTY_CODE_HASH ? NO_BYTES : readCode(this.#tables, codeHash);
  }

  getStorage(address: Address, slot: Hash): Uint8Array {
    return this.#tables.getSealed('storage', storageKey(address, slot)) ?? NO_BYTES;
  }
}
