/**
 * Builds a trie from all its entries in key order, keeping only the branches on the way to the last key: memory follows
 * the depth, not the size. Nodes come out children first, each once.
 */
import { EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { type Hash, hashOf } from '../primitives.ts';
import { commonPrefix, type Nibbles, toNibbles } from './nibbles.ts';
import { type Child, encodeNode, prefixNode, type TrieNode } from './node.ts';
import { referEmbedded } from './update-trie.ts';

/** Called with each node that is stored by its hash. */
export type NodeListener = (hash: Uint8Array, bytes: Uint8Array) => void;

/** A branch on the path of the last key, not complete yet; `depth` nibbles lead to it. */
interface OpenBranch {
  readonly depth: number;
  readonly children: (Child | null)[];
}

export class SortedTrieBuilder {
  readonly #listener: NodeListener;
  readonly #open: OpenBranch[] = [];
  #last: { readonly path: Nibbles; readonly value: Uint8Array } | undefined;

  constructor(listener: NodeListener) {
    this.#listener = listener;
  }

  /** Keys are of one length and ascend; throws `RangeError` otherwise. An empty value is not allowed. */
  add(key: Uint8Array, value: Uint8Array): void {
    const path = toNibbles(key);
    if (this.#last !== undefined) {
      if (this.#last.path.length !== path.length || Buffer.compare(this.#last.path, path) >= 0) {
        throw new RangeError('Keys of a trie must ascend.');
      }
      this.#fork(commonPrefix(this.#last.path, 0, path, 0));
    }
    this.#last = { path, value };
  }

  /** The root of what was added. The builder is not used again. */
  finish(): Hash {
    if (this.#last === undefined) return EMPTY_TRIE_ROOT;
    const root = this.#close(-1);
    const bytes = encodeNode(root, referEmbedded);
    const hash = keccak256(bytes);
    this.#listener(hash, bytes);
    return hashOf(hash);
  }

  /** The next key leaves the last one's path after `shared` nibbles: makes that place a branch, completes what is below. */
  #fork(shared: number): void {
    const node = this.#close(shared);
    const path = this.#path;
    let branch = this.#open.at(-1);
    if (branch?.depth !== shared) {
      branch = { depth: shared, children: new Array(16).fill(null) };
      this.#open.push(branch);
    }
    branch.children[path[shared] ?? 0] = this.#refer(node);
  }

  /** Completes branches deeper than `shared`; the node that starts one nibble below it, or at the root for -1. */
  #close(shared: number): TrieNode {
    const { value } = this.#last ?? { value: new Uint8Array(0) };
    const path = this.#path;
    let below: TrieNode | undefined;
    let end = path.length;
    const startingAt = (depth: number): TrieNode =>
      below === undefined
        ? { kind: 'leaf', path: path.slice(depth), value }
        : this.#extended(path.slice(depth, end), below);
    for (;;) {
      const branch = this.#open.at(-1);
      if (branch === undefined || branch.depth <= shared) return startingAt(shared + 1);
      branch.children[path[branch.depth] ?? 0] = this.#refer(startingAt(branch.depth + 1));
      this.#open.pop();
      below = { kind: 'branch', children: branch.children };
      end = branch.depth;
    }
  }

  #extended(path: Nibbles, branch: TrieNode): TrieNode {
    if (path.length === 0) return branch;
    const node = prefixNode(path, branch);
    return node.kind === 'extension' ? { ...node, child: this.#refer(branch) } : node;
  }

  #refer(node: TrieNode): Child {
    const bytes = encodeNode(node, referEmbedded);
    if (bytes.length < 32) return node;
    const hash = keccak256(bytes);
    this.#listener(hash, bytes);
    return hash;
  }

  get #path(): Nibbles {
    return this.#last?.path ?? new Uint8Array(0);
  }
}
