/**
 * A state with writes in memory on top of any `StateView`, and undo: what a block is executed on, and what a call with
 * overrides runs on. Reads and writes are synchronous; checkpoints nest, and reverting costs what is reverted.
 */
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { type Address, type Hash, hashOf, weiOf } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import type { StateView } from './state-view.ts';

const NO_BYTES = new Uint8Array(0);

/** Storage of one account as written here. `cleared`: what lies below is gone. */
export interface StorageChanges {
  readonly cleared: boolean;
  readonly slots: ReadonlyMap<Hash, Uint8Array>;
}

interface WrittenStorage extends StorageChanges {
  readonly slots: Map<Hash, Uint8Array>;
}

/** All writes so far. An account is null when deleted; `storageRoot` of written accounts is out of date. */
export interface StateWrites {
  readonly accounts: ReadonlyMap<Address, AccountData | null>;
  readonly storage: ReadonlyMap<Address, StorageChanges>;
  readonly codes: ReadonlyMap<Hash, Uint8Array>;
}

export class JournaledState implements StateView {
  readonly base: StateView;
  readonly #accounts = new Map<Address, AccountData | null>();
  readonly #storage = new Map<Address, WrittenStorage>();
  readonly #codes = new Map<Hash, Uint8Array>();
  /** Accounts and slots of `base` read so far, to read each once. */
  readonly #readAccounts = new Map<Address, AccountData | undefined>();
  readonly #readSlots = new Map<string, Uint8Array>();
  readonly #undo: (() => void)[] = [];
  readonly #checkpoints: number[] = [];
  /** Values of slots before the transaction's first write to them (EIP-2200's original value). */
  readonly #originals = new Map<string, Uint8Array>();

  constructor(base: StateView) {
    this.base = base;
  }

  get writes(): StateWrites {
    return { accounts: this.#accounts, storage: this.#storage, codes: this.#codes };
  }

  getAccount(address: Address): AccountData | undefined {
    const written = this.#accounts.get(address);
    if (written !== undefined) return written ?? undefined;
    return this.#readAccount(address);
  }

  getCode(codeHash: Hash): Uint8Array {
    if (codeHash === EMPTY_CODE_HASH) return NO_BYTES;
    const written = this.#codes.get(codeHash);
    if (written !== undefined) return written;
    const code = this.base.getCode(codeHash);
    // Kept as if written: the same array each time lets the EVM reuse its analysis of jump targets.
    this.#codes.set(codeHash, code);
    return code;
  }

  getStorage(address: Address, slot: Hash): Uint8Array {
    const storage = this.#storage.get(address);
    const written = storage?.slots.get(slot);
    if (written !== undefined) return written;
    if (storage?.cleared) return NO_BYTES;
    const key = address + slot;
    const known = this.#readSlots.get(key);
    if (known !== undefined) return known;
    const value = this.base.getStorage(address, slot);
    this.#readSlots.set(key, value);
    return value;
  }

  putAccount(address: Address, account: AccountData): void {
    this.#writeAccount(address, account);
  }

  /** Deletes the account with its storage. */
  deleteAccount(address: Address): void {
    this.clearStorage(address);
    this.#writeAccount(address, null);
  }

  /** Sets the code of an account, made when missing. */
  putCode(address: Address, code: Uint8Array): void {
    const codeHash = code.length === 0 ? EMPTY_CODE_HASH : hashOf(keccak256(code));
    if (code.length > 0) this.#codes.set(codeHash, code);
    const account = this.getAccount(address);
    this.#writeAccount(address, { ...(account ?? EMPTY_ACCOUNT), codeHash });
  }

  /** `value` without leading zeros; no bytes deletes the slot. */
  putStorage(address: Address, slot: Hash, value: Uint8Array): void {
    const before = this.getStorage(address, slot);
    const key = address + slot;
    if (!this.#originals.has(key)) this.#originals.set(key, before);
    let storage = this.#storage.get(address);
    if (storage === undefined) {
      storage = { cleared: false, slots: new Map() };
      this.#storage.set(address, storage);
    }
    const { slots } = storage;
    const written = slots.get(slot);
    slots.set(slot, value);
    this.#undo.push(() => {
      if (written === undefined) slots.delete(slot);
      else slots.set(slot, written);
    });
  }

  clearStorage(address: Address): void {
    const before = this.#storage.get(address);
    if (before === undefined && this.#hasNoStorage(address)) return;
    this.#storage.set(address, { cleared: true, slots: new Map() });
    this.#undo.push(() => {
      if (before === undefined) this.#storage.delete(address);
      else this.#storage.set(address, before);
    });
  }

  /** The slot's value when the transaction began. */
  originalStorage(address: Address, slot: Hash): Uint8Array {
    return this.#originals.get(address + slot) ?? this.getStorage(address, slot);
  }

  /** Original values are those of now: a new transaction begins. */
  beginTransaction(): void {
    this.#originals.clear();
  }

  checkpoint(): void {
    this.#checkpoints.push(this.#undo.length);
  }

  /** Keeps what was written since the last checkpoint. Throws when there is none. */
  commit(): void {
    this.#popCheckpoint();
    if (this.#checkpoints.length === 0) this.#undo.length = 0;
  }

  /** Undoes what was written since the last checkpoint. Throws when there is none. */
  revert(): void {
    const mark = this.#popCheckpoint();
    for (let i = this.#undo.length - 1; i >= mark; i -= 1) this.#undo[i]?.();
    this.#undo.length = mark;
  }

  #popCheckpoint(): number {
    const mark = this.#checkpoints.pop();
    if (mark === undefined) throw new Error('no checkpoint to end');
    return mark;
  }

  #readAccount(address: Address): AccountData | undefined {
    const known = this.#readAccounts.get(address);
    if (known !== undefined || this.#readAccounts.has(address)) return known;
    const account = this.base.getAccount(address);
    this.#readAccounts.set(address, account);
    return account;
  }

  #hasNoStorage(address: Address): boolean {
    const account = this.#readAccount(address);
    return account === undefined || account.storageRoot === EMPTY_TRIE_ROOT;
  }

  #writeAccount(address: Address, account: AccountData | null): void {
    const before = this.#accounts.get(address);
    this.#accounts.set(address, account);
    this.#undo.push(() => {
      if (before === undefined) this.#accounts.delete(address);
      else this.#accounts.set(address, before);
    });
  }
}

export const EMPTY_ACCOUNT: AccountData = {
  nonce: 0n,
  balance: weiOf(0n),
  storageRoot: EMPTY_TRIE_ROOT,
  codeHash: EMPTY_CODE_HASH,
};
