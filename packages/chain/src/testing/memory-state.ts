/**
 * A world state as plain as can be: one map of accounts, each with one map of slots, copied at each checkpoint. The twin
 * that the real state must agree with.
 */
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { Account, type Address, bytesToHex, KECCAK256_NULL } from '@ethereumjs/util';
import { keccak256 } from '../crypto/keccak.ts';
import { trimZeros } from '../encoding/quantity.ts';

interface PlainAccount {
  nonce: bigint;
  balance: bigint;
  code: Uint8Array;
  slots: Map<string, Uint8Array>;
}

type World = Map<string, PlainAccount>;

const NO_BYTES = new Uint8Array(0);

function copyOf(world: World): World {
  const copy: World = new Map();
  for (const [address, account] of world) {
    copy.set(address, { ...account, slots: new Map(account.slots) });
  }
  return copy;
}

export class MemoryState implements StateManagerInterface {
  #world: World;
  readonly #saved: World[] = [];
  #originals: World;

  constructor(world: World = new Map()) {
    this.#world = world;
    this.#originals = copyOf(world);
  }

  readonly originalStorageCache = {
    get: async (address: Address, key: Uint8Array): Promise<Uint8Array> =>
      this.#originals.get(address.toString())?.slots.get(bytesToHex(key)) ?? NO_BYTES,
    clear: (): void => {
      this.#originals = copyOf(this.#world);
    },
  };

  async getAccount(address: Address): Promise<Account | undefined> {
    const account = this.#world.get(address.toString());
    if (account === undefined) return undefined;
    const codeHash = account.code.length === 0 ? KECCAK256_NULL : keccak256(account.code);
    return new Account(account.nonce, account.balance, undefined, codeHash);
  }

  async putAccount(address: Address, account?: Account): Promise<void> {
    if (account === undefined) return this.deleteAccount(address);
    const entry = this.#entry(address);
    entry.nonce = account.nonce;
    entry.balance = account.balance;
  }

  async deleteAccount(address: Address): Promise<void> {
    this.#world.delete(address.toString());
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const entry = this.#entry(address);
    if (fields.nonce !== undefined) entry.nonce = fields.nonce;
    if (fields.balance !== undefined) entry.balance = fields.balance;
  }

  async putCode(address: Address, value: Uint8Array): Promise<void> {
    this.#entry(address).code = value;
  }

  async getCode(address: Address): Promise<Uint8Array> {
    return this.#world.get(address.toString())?.code ?? NO_BYTES;
  }

  async getCodeSize(address: Address): Promise<number> {
    return (await this.getCode(address)).length;
  }

  async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    return this.#world.get(address.toString())?.slots.get(bytesToHex(key)) ?? NO_BYTES;
  }

  async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    const { slots } = this.#entry(address);
    const trimmed = trimZeros(value);
    if (trimmed.length === 0) slots.delete(bytesToHex(key));
    else slots.set(bytesToHex(key), trimmed);
  }

  async clearStorage(address: Address): Promise<void> {
    this.#world.get(address.toString())?.slots.clear();
  }

  async checkpoint(): Promise<void> {
    this.#saved.push(copyOf(this.#world));
  }

  async commit(): Promise<void> {
    this.#saved.pop();
  }

  async revert(): Promise<void> {
    this.#world = this.#saved.pop() ?? this.#world;
  }

  /** Built anew from everything, with the library's trie. */
  async getStateRoot(): Promise<Uint8Array> {
    const accounts = new MerklePatriciaTrie({ useKeyHashing: true });
    for (const [address, account] of this.#world) {
      const storage = new MerklePatriciaTrie({ useKeyHashing: true });
      for (const [slot, value] of account.slots) {
        await storage.put(Buffer.from(slot.slice(2), 'hex'), RLP.encode(value));
      }
      const codeHash = account.code.length === 0 ? KECCAK256_NULL : keccak256(account.code);
      const entry = new Account(account.nonce, account.balance, storage.root(), codeHash);
      await accounts.put(Buffer.from(address.slice(2), 'hex'), entry.serialize());
    }
    return accounts.root();
  }

  async setStateRoot(): Promise<void> {
    throw new Error('a plain state has no other roots');
  }

  async hasStateRoot(): Promise<boolean> {
    return false;
  }

  clearCaches(): void {}

  shallowCopy(): StateManagerInterface {
    return new MemoryState(copyOf(this.#world));
  }

  #entry(address: Address): PlainAccount {
    const key = address.toString();
    const found = this.#world.get(key);
    if (found !== undefined) return found;
    const made: PlainAccount = { nonce: 0n, balance: 0n, code: NO_BYTES, slots: new Map() };
    this.#world.set(key, made);
    return made;
  }
}
