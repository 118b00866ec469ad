/**
 * Applies all changes of a block to a trie in one pass: each node on the way is read once, and each new node is encoded
 * and hashed once, whatever the number of changes below it. Cost follows the changes, not the size of the trie.
 */
import { EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { bytesOf, type Hash, hashOf } from '../primitives.ts';
import { commonPrefix, type Nibbles, toNibbles } from './nibbles.ts';
import {
  type BranchNode,
  type Child,
  type ChildReference,
  type ExtensionNode,
  encodeNode,
  prefixNode,
  type TrieNode,
} from './node.ts';
import type { NodeReader } from './node-source.ts';

/** `value` null deletes; an empty value is not allowed. Keys are distinct and none is a prefix of another. */
export interface TrieChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

interface Change {
  readonly path: Nibbles;
  readonly value: Uint8Array | null;
}

/** Adds the new nodes to `created` by hash and returns the new root. Throws `corrupt-store` when a node is missing. */
export function updateTrie(
  reader: NodeReader,
  root: Hash,
  changes: readonly TrieChange[],
  created: Map<Hash, Uint8Array>,
): Hash {
  if (changes.length === 0) return root;
  const sorted = changes.map(({ key, value }) => ({ path: toNibbles(key), value }));
  sorted.sort((a, b) => Buffer.compare(a.path, b.path));
  const start: Child | null = root === EMPTY_TRIE_ROOT ? null : bytesOf(root);
  const result = new Update(reader, sorted).apply(start, 0, sorted.length, 0);
  if (result === start) return root;
  if (result === null) return EMPTY_TRIE_ROOT;
  return result instanceof Uint8Array ? hashOf(result) : new Store(reader, created).add(result);
}

/** Encodes and hashes new nodes, children first. */
class Store {
  readonly #reader: NodeReader;
  readonly #created: Map<Hash, Uint8Array>;

  constructor(reader: NodeReader, created: Map<Hash, Uint8Array>) {
    this.#reader = reader;
    this.#created = created;
  }

  /** A root is stored by its hash however short it is. */
  add(root: TrieNode): Hash {
    const linked = this.#link(root);
    return this.#put(linked, encodeNode(linked, referEmbedded), hashOf);
  }

  #put<Name>(node: TrieNode, bytes: Uint8Array, name: (hash: Uint8Array) => Name): Name {
    const hash = keccak256(bytes);
    const key = hashOf(hash);
    this.#created.set(key, bytes);
    this.#reader.remember(key, node);
    return name(hash);
  }

  /** The node with each child as it is referred to: by hash, or embedded when its RLP is shorter. */
  #link(node: TrieNode): TrieNode {
    if (node.kind === 'leaf') return node;
    if (node.kind === 'extension') return { ...node, child: this.#linkChild(node.child) };
    const children = node.children.map((child) => (child === null ? null : this.#linkChild(child)));
    return { kind: 'branch', children };
  }

  #linkChild(child: Child): Child {
    if (child instanceof Uint8Array) return child;
    const linked = this.#link(child);
    const bytes = encodeNode(linked, referEmbedded);
    return bytes.length < 32 ? linked : this.#put(linked, bytes, (hash) => hash);
  }
}

/** For nodes whose children are hashes or embedded: shorter than 32 bytes. */
export function referEmbedded(child: Child): ChildReference {
  if (child instanceof Uint8Array) return { bytes: child, isHash: true };
  return { bytes: encodeNode(child, referEmbedded), isHash: false };
}

/** One pass over sorted changes. Ranges `from..to` (exclusive) share the first `depth` nibbles. */
class Update {
  readonly #reader: NodeReader;
  readonly #changes: readonly Change[];

  constructor(reader: NodeReader, changes: readonly Change[]) {
    this.#reader = reader;
    this.#changes = changes;
  }

  /** Returns `child` itself when nothing below it changed. */
  apply(child: Child | null, from: number, to: number, depth: number): Child | null {
    if (from === to) return child;
    if (child === null) return build(this.#changes.slice(from, to), depth);
    const node = this.#reader.resolve(child);
    switch (node.kind) {
      case 'leaf':
        return this.#applyToLeaf(child, node.path, node.value, from, to, depth);
      case 'extension':
        return this.#applyToExtension(child, node, from, to, depth);
      case 'branch':
        return this.#applyToBranch(child, node, from, to, depth);
    }
  }

  #applyToLeaf(
    child: Child,
    path: Nibbles,
    value: Uint8Array,
    from: number,
    to: number,
    depth: number,
  ): Child | null {
    const changes = this.#changes.slice(from, to);
    const own = changes.find((change) => Buffer.compare(change.path.subarray(depth), path) === 0);
    const ownSame = own !== undefined && own.value !== null && !Buffer.compare(own.value, value);
    const idle = changes.every((change) => (change === own ? ownSame : change.value === null));
    if (idle) return child;
    if (own !== undefined) return build(changes, depth);
    const full = new Uint8Array(depth + path.length);
    full.set(changes[0]?.path.subarray(0, depth) ?? path.subarray(0, 0));
    full.set(path, depth);
    const at = changes.findIndex((change) => Buffer.compare(change.path, full) > 0);
    changes.splice(at === -1 ? changes.length : at, 0, { path: full, value });
    return build(changes, depth);
  }

  #applyToExtension(
    child: Child,
    node: ExtensionNode,
    from: number,
    to: number,
    depth: number,
  ): Child | null {
    const shared = this.#sharedWith(node.path, from, to, depth);
    if (shared === node.path.length) {
      const next = this.apply(node.child, from, to, depth + shared);
      if (next === node.child) return child;
      return next === null ? null : this.#join(node.path, next);
    }
    const rest = node.path.subarray(shared + 1);
    const below: Child =
      rest.length === 0 ? node.child : { kind: 'extension', path: rest, child: node.child };
    const children: (Child | null)[] = new Array(16).fill(null);
    children[node.path[shared] ?? 0] = below;
    const split: BranchNode = { kind: 'branch', children };
    const next = this.#applyToBranch(split, split, from, to, depth + shared);
    if (next === split) return child;
    return next === null ? null : this.#join(node.path.subarray(0, shared), next);
  }

  #sharedWith(path: Nibbles, from: number, to: number, depth: number): number {
    // Changes are sorted, so the first and the last diverge from the path earliest.
    const first = this.#changes[from];
    const last = this.#changes[to - 1];
    if (first === undefined || last === undefined) return 0;
    return Math.min(
      commonPrefix(path, 0, first.path, depth),
      commonPrefix(path, 0, last.path, depth),
    );
  }

  #applyToBranch(
    child: Child,
    node: BranchNode,
    from: number,
    to: number,
    depth: number,
  ): Child | null {
    let children: (Child | null)[] | undefined;
    for (let start = from; start < to; ) {
      const nibble = this.#changes[start]?.path[depth] ?? 0;
      let end = start + 1;
      while (end < to && this.#changes[end]?.path[depth] === nibble) end += 1;
      const old = node.children[nibble] ?? null;
      const next = this.apply(old, start, end, depth + 1);
      if (next !== old) {
        children ??= [...node.children];
        children[nibble] = next;
      }
      start = end;
    }
    return children === undefined ? child : this.#collapse(children);
  }

  /** A branch needs two children; with one it merges into it. */
  #collapse(children: (Child | null)[]): Child | null {
    let only = -1;
    for (let nibble = 0; nibble < 16; nibble += 1) {
      if (children[nibble] === null) continue;
      if (only !== -1) return { kind: 'branch', children };
      only = nibble;
    }
    const child = only === -1 ? null : (children[only] ?? null);
    return child === null ? null : this.#join(Uint8Array.of(only), child);
  }

  #join(path: Nibbles, child: Child): Child {
    if (path.length === 0) return child;
    const node = this.#reader.resolve(child);
    if (node.kind === 'branch') return { kind: 'extension', path, child };
    return prefixNode(path, node);
  }
}

/** A trie of nothing but these sorted changes below `depth`; deletions of what is not there are skipped. */
function build(changes: readonly Change[], depth: number): TrieNode | null {
  const present = changes.filter((change) => change.value !== null);
  return buildPresent(present, 0, present.length, depth);
}

function buildPresent(
  changes: readonly Change[],
  from: number,
  to: number,
  depth: number,
): TrieNode | null {
  const first = changes[from];
  const last = changes[to - 1];
  if (from === to || first === undefined || last === undefined) return null;
  if (to - from === 1) {
    return { kind: 'leaf', path: first.path.slice(depth), value: first.value ?? new Uint8Array(0) };
  }
  const shared = commonPrefix(first.path, depth, last.path, depth);
  const children: (Child | null)[] = new Array(16).fill(null);
  for (let start = from; start < to; ) {
    const nibble = changes[start]?.path[depth + shared] ?? 0;
    let end = start + 1;
    while (end < to && changes[end]?.path[depth + shared] === nibble) end += 1;
    children[nibble] = buildPresent(changes, start, end, depth + shared + 1);
    start = end;
  }
  const branch: BranchNode = { kind: 'branch', children };
  return prefixNode(first.path.slice(depth, depth + shared), branch);
}
