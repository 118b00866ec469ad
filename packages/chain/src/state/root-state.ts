/**
 * The state of a root that was the head's once, above another state: after a return to a snapshot. What
 * snapshots name is never removed from what lies below, so all nodes and code of the root are found there.
 */
import { EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { type Address, bytesOf, type Hash } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import { NodeReader } from '../trie/node-source.ts';
import { readTrie } from '../trie/read-trie.ts';
import { decodeAccount } from './account-codec.ts';
import type { State } from './layered-state.ts';
import type { StateDiff } from './state-diff.ts';
import { decodeSlot } from './trie-state-view.ts';

const NO_BYTES = new Uint8Array(0);

type OwnParts = Pick<StateDiff, 'nodes' | 'codes'>;
const NOTHING: OwnParts = { nodes: new Map(), codes: new Map() };

export class RootState implements State {
  readonly #root: Hash;
  readonly #own: OwnParts;
  readonly #nodes: NodeReader;
  #parent: State;

  /** `own`: nodes and code of the root that may have been removed from what lies below. */
  constructor(root: Hash, parent: State, own: OwnParts = NOTHING) {
    this.#root = root;
    this.#own = own;
    this.#parent = parent;
    this.#nodes = new NodeReader({ getNode: (hash) => this.getNode(hash) });
  }

  /** `parent` must have all that the parent so far has. */
  setParent(parent: State): void {
    this.#parent = parent;
  }

  getAccount(address: Address): AccountData | undefined {
    const value = readTrie(this.#nodes, this.#root, keccak256(bytesOf(address)));
    return value === undefined ? undefined : decodeAccount(value);
  }

  getCode(codeHash: Hash): Uint8Array {
    return this.#own.codes.get(codeHash) ?? this.#parent.getCode(codeHash);
  }

  getStorage(address: Address, slot: Hash): Uint8Array {
    const root = this.getAccount(address)?.storageRoot ?? EMPTY_TRIE_ROOT;
    if (root === EMPTY_TRIE_ROOT) return NO_BYTES;
    const value = readTrie(this.#nodes, root, keccak256(bytesOf(slot)));
    return value === undefined ? NO_BYTES : decodeSlot(value);
  }

  getNode(hash: Hash): Uint8Array | undefined {
    return this.#own.nodes.get(hash) ?? this.#parent.getNode(hash);
  }
}
