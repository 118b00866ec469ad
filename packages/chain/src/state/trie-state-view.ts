/**
 * The state at any root ever committed, from trie nodes. Nodes never change, so a view stays right whatever the head
 * does, in any thread and across turns.
 */
import { RLP } from '@ethereumjs/rlp';
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { ChainError, corruptStore } from '../errors.ts';
import { type Address, bytesOf, type Hash } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import type { Tables } from '../store/tables.ts';
import type { NodeReader, NodeSource } from '../trie/node-source.ts';
import { readTrie } from '../trie/read-trie.ts';
import { decodeAccount } from './account-codec.ts';
import { readCode } from './code-table.ts';
import type { StateView } from './state-view.ts';

const NO_BYTES = new Uint8Array(0);

/** Trie nodes of the store. Share one `NodeReader` over it between views: it caches. */
export function storedNodes(tables: Tables): NodeSource {
  return { getNode: (hash) => tables.get('nodes', bytesOf(hash)) };
}

export class TrieStateView implements StateView {
  readonly root: Hash;
  readonly #nodes: NodeReader;
  readonly #tables: Tables;
  readonly #requireState: () => void;

  /**
   * `root` must be a committed block's state root; reads throw `corrupt-store` otherwise. `requireState` is asked when a node
   * is missing, and throws when that is because the state was removed.
   */
  constructor(
    tables: Tables,
    nodes: NodeReader,
    root: Hash,
    requireState: () => void = () => undefined,
  ) {
    this.#requireState = requireState;
    this.#tables = tables;
    this.#nodes = nodes;
    this.root = root;
  }

  getAccount(address: Address): AccountData | undefined {
    const value = this.#read(this.root, keccak256(bytesOf(address)));
    return value === undefined ? undefined : decodeAccount(value);
  }

  getCode(codeHash: Hash): Uint8Array {
    return codeHash === EMPTY_CODE_HASH ? NO_BYTES : readCode(this.#tables, codeHash);
  }

  getStorage(address: Address, slot: Hash): Uint8Array {
    const root = this.getAccount(address)?.storageRoot ?? EMPTY_TRIE_ROOT;
    if (root === EMPTY_TRIE_ROOT) return NO_BYTES;
    const value = this.#read(root, keccak256(bytesOf(slot)));
    return value === undefined ? NO_BYTES : decodeSlot(value);
  }

  #read(root: Hash, key: Uint8Array): Uint8Array | undefined {
    try {
      return readTrie(this.#nodes, root, key);
    } catch (error) {
      if (error instanceof ChainError && error.code === 'corrupt-store') this.#requireState();
      throw error;
    }
  }
}

/** A slot's value as the storage trie holds it: RLP of the bytes without leading zeros. */
export function encodeSlot(value: Uint8Array): Uint8Array {
  return RLP.encode(value);
}

export function decodeSlot(bytes: Uint8Array): Uint8Array {
  const value = RLP.decode(bytes);
  if (!(value instanceof Uint8Array)) throw corruptStore('a storage slot holds a list');
  return value;
}
