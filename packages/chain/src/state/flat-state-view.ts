/**
 * The state of the committed head, from flat tables: one read per account or slot. It moves with the head, so only the
 * chain's writer reads it across turns; other threads read a block's root (`trie-state-view.ts`).
 */
import { EMPTY_CODE_HASH, keccak256 } from '../crypto/keccak.ts';
import { type Address, bytesOf, type Hash } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import { readGeneration } from '../store/flat-generation.ts';
import { accountKey, storageKey } from '../store/schema.ts';
import type { Tables } from '../store/tables.ts';
import { decodeAccount } from './account-codec.ts';
import { readCode } from './code-table.ts';
import type { StateView } from './state-view.ts';

const NO_BYTES = new Uint8Array(0);

export class FlatStateView implements StateView {
  readonly #tables: Tables;
  readonly generation: number;
  /** The address that was asked for last: slots are read one after the other. */
  #last: { readonly address: Address; readonly hash: Uint8Array } | undefined;

  /** Shows the generation that is the head's now. Throws `corrupt-store`. */
  constructor(tables: Tables) {
    this.#tables = tables;
    this.generation = readGeneration(tables);
  }

  getAccount(address: Address): AccountData | undefined {
    const key = accountKey(this.generation, this.#hashOf(address));
    const bytes = this.#tables.getSealed('accounts', key);
    return bytes === undefined ? undefined : decodeAccount(bytes);
  }

  getCode(codeHash: Hash): Uint8Array {
    return codeHash === EMPTY_CODE_HASH ? NO_BYTES : readCode(this.#tables, codeHash);
  }

  getStorage(address: Address, slot: Hash): Uint8Array {
    const key = storageKey(this.generation, this.#hashOf(address), keccak256(bytesOf(slot)));
    return this.#tables.getSealed('storage', key) ?? NO_BYTES;
  }

  #hashOf(address: Address): Uint8Array {
    if (this.#last?.address !== address) {
      this.#last = { address, hash: keccak256(bytesOf(address)) };
    }
    return this.#last.hash;
  }
}
