/**
 * `JournaledState` as the state manager of `@ethereumjs/evm`: translates types, adds nothing. The EVM asks with
 * promises; all answers are there at once.
 */
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common';
import {
  Account,
  type Address as EvmAddress,
  KECCAK256_NULL,
  KECCAK256_RLP,
} from '@ethereumjs/util';
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { trimZeros } from '../encoding/quantity.ts';
import { type Address, addressOf, bytesOf, type Hash, hashOf, weiOf } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import type { JournaledState } from './journaled-state.ts';

/** Computes the state root where a receipt needs one in the middle of a block (before Byzantium). */
export type RootOf = (state: JournaledState) => Hash;

export class EvmStateManager implements StateManagerInterface {
  #state: JournaledState;
  readonly #rootOf: RootOf;

  readonly originalStorageCache = {
    get: (address: EvmAddress, key: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(this.#state.originalStorage(addressOf(address.bytes), hashOf(key))),
    clear: (): void => this.#state.beginTransaction(),
  };

  /** A contract that sends the transaction that runs. */
  #sender: { readonly address: Address; readonly codeHash: Hash; isRead: boolean } | null = null;

  constructor(state: JournaledState, rootOf: RootOf) {
    this.#state = state;
    this.#rootOf = rootOf;
  }

  /** One EVM serves block after block: each brings its state. */
  use(state: JournaledState): void {
    this.#state = state;
    this.#sender = null;
  }

  /**
   * The library refuses transactions of contracts (EIP-3607) by what it reads of the sender first, and writes that back
   * before it executes anything. So the first read shows an account without code, and what is written without code
   * keeps what it has; until the next transaction or the account's end.
   */
  letContractSend(sender: Address | null): void {
    this.#sender = null;
    if (sender === null) return;
    const codeHash = this.#state.getAccount(sender)?.codeHash ?? EMPTY_CODE_HASH;
    if (codeHash !== EMPTY_CODE_HASH) this.#sender = { address: sender, codeHash, isRead: false };
  }

  getAccount(address: EvmAddress): Promise<Account | undefined> {
    const key = addressOf(address.bytes);
    const account = this.#state.getAccount(key);
    if (account === undefined) return Promise.resolve(undefined);
    const shown = toEvmAccount(account);
    if (this.#sender?.address === key && !this.#sender.isRead) {
      this.#sender.isRead = true;
      shown.codeHash = bytesOf(EMPTY_CODE_HASH);
    }
    return Promise.resolve(shown);
  }

  putAccount(address: EvmAddress, account?: Account): Promise<void> {
    if (account === undefined) return this.deleteAccount(address);
    const key = addressOf(address.bytes);
    const written = fromEvmAccount(account);
    const isSender = this.#sender?.address === key && written.codeHash === EMPTY_CODE_HASH;
    const codeHash = isSender ? this.#sender?.codeHash : undefined;
    this.#state.putAccount(key, codeHash === undefined ? written : { ...written, codeHash });
    return DONE;
  }

  deleteAccount(address: EvmAddress): Promise<void> {
    if (this.#sender?.address === addressOf(address.bytes)) this.#sender = null;
    this.#state.deleteAccount(addressOf(address.bytes));
    return DONE;
  }

  modifyAccountFields(address: EvmAddress, fields: AccountFields): Promise<void> {
    const known = this.#state.getAccount(addressOf(address.bytes));
    const account = known === undefined ? new Account() : toEvmAccount(known);
    if (fields.nonce !== undefined) account.nonce = fields.nonce;
    if (fields.balance !== undefined) account.balance = fields.balance;
    if (fields.codeHash !== undefined) account.codeHash = fields.codeHash;
    return this.putAccount(address, account);
  }

  putCode(address: EvmAddress, value: Uint8Array): Promise<void> {
    this.#state.putCode(addressOf(address.bytes), value);
    return DONE;
  }

  getCode(address: EvmAddress): Promise<Uint8Array> {
    return Promise.resolve(this.#codeOf(addressOf(address.bytes)));
  }

  getCodeSize(address: EvmAddress): Promise<number> {
    return Promise.resolve(this.#codeOf(addressOf(address.bytes)).length);
  }

  #codeOf(address: Address): Uint8Array {
    const codeHash = this.#state.getAccount(address)?.codeHash ?? EMPTY_CODE_HASH;
    return this.#state.getCode(codeHash);
  }

  getStorage(address: EvmAddress, key: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(this.#state.getStorage(addressOf(address.bytes), hashOf(key)));
  }

  putStorage(address: EvmAddress, key: Uint8Array, value: Uint8Array): Promise<void> {
    this.#state.putStorage(addressOf(address.bytes), hashOf(key), trimZeros(value));
    return DONE;
  }

  clearStorage(address: EvmAddress): Promise<void> {
    this.#state.clearStorage(addressOf(address.bytes));
    return DONE;
  }

  checkpoint(): Promise<void> {
    this.#state.checkpoint();
    return DONE;
  }

  commit(): Promise<void> {
    this.#state.commit();
    return DONE;
  }

  revert(): Promise<void> {
    this.#state.revert();
    return DONE;
  }

  getStateRoot(): Promise<Uint8Array> {
    return Promise.resolve(bytesOf(this.#rootOf(this.#state)));
  }

  setStateRoot(): Promise<void> {
    return Promise.reject(new Error('the state is chosen by use(), not by its root'));
  }

  hasStateRoot(): Promise<boolean> {
    return Promise.reject(new Error('the state is chosen by use(), not by its root'));
  }

  clearCaches(): void {}

  shallowCopy(): StateManagerInterface {
    return new EvmStateManager(this.#state, this.#rootOf);
  }
}

const DONE: Promise<void> = Promise.resolve();

function toEvmAccount(account: AccountData): Account {
  return new Account(
    account.nonce,
    account.balance,
    account.storageRoot === EMPTY_TRIE_ROOT ? KECCAK256_RLP : bytesOf(account.storageRoot),
    account.codeHash === EMPTY_CODE_HASH ? KECCAK256_NULL : bytesOf(account.codeHash),
  );
}

function fromEvmAccount(account: Account): AccountData {
  const { storageRoot, codeHash } = account;
  return {
    nonce: account.nonce,
    balance: weiOf(account.balance),
    storageRoot: storageRoot === KECCAK256_RLP ? EMPTY_TRIE_ROOT : hashOf(storageRoot),
    codeHash: codeHash === KECCAK256_NULL ? EMPTY_CODE_HASH : hashOf(codeHash),
  };
}
