/**
 * Reads of a trie at any root ever stored: one value, a Merkle proof, or all entries in key order.
 */
import { EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { bytesOf, type Hash, hashOf } from '../primitives.ts';
import { commonPrefix, concatNibbles, fromNibbles, type Nibbles, toNibbles } from './nibbles.ts';
import type { Child } from './node.ts';
import type { NodeReader } from './node-source.ts';

/** Undefined when the trie has no such key. Throws `corrupt-store` when a node is missing. */
export function readTrie(reader: NodeReader, root: Hash, key: Uint8Array): Uint8Array | undefined {
  return walk(reader, root, key, () => undefined);
}

/** RLP of the stored nodes from the root towards the key (EIP-1186); it proves absence as well as presence. */
export function proveKey(reader: NodeReader, root: Hash, key: Uint8Array): readonly Uint8Array[] {
  const proof: Uint8Array[] = [];
  walk(reader, root, key, (child) => {
    if (child instanceof Uint8Array) proof.push(reader.raw(hashOf(child)));
  });
  return proof;
}

function walk(
  reader: NodeReader,
  root: Hash,
  key: Uint8Array,
  visit: (child: Child) => void,
): Uint8Array | undefined {
  const path = toNibbles(key);
  let depth = 0;
  let child: Child | null = root === EMPTY_TRIE_ROOT ? null : bytesOf(root);
  while (child !== null) {
    visit(child);
    const node = reader.resolve(child);
    if (node.kind === 'branch') {
      child = node.children[path[depth] ?? 0] ?? null;
      depth += 1;
      continue;
    }
    const shared = commonPrefix(node.path, 0, path, depth);
    if (shared < node.path.length) return undefined;
    depth += shared;
    if (node.kind === 'leaf') return depth === path.length ? node.value : undefined;
    child = node.child;
  }
  return undefined;
}

export interface TrieEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** All entries in key order, from `start` on. For a secure trie keys are hashes. */
export function* iterateTrie(
  reader: NodeReader,
  root: Hash,
  start: Uint8Array = new Uint8Array(0),
): Generator<TrieEntry> {
  if (root === EMPTY_TRIE_ROOT) return;
  yield* below(reader, bytesOf(root), new Uint8Array(0), toNibbles(start));
}

function* below(
  reader: NodeReader,
  child: Child,
  path: Nibbles,
  start: Nibbles,
): Generator<TrieEntry> {
  // All keys below begin with the path.
  if (Buffer.compare(path, start.subarray(0, path.length)) < 0) return;
  const node = reader.resolve(child);
  if (node.kind === 'leaf') {
    const key = concatNibbles(path, node.path);
    if (Buffer.compare(key, start) >= 0) yield { key: fromNibbles(key), value: node.value };
  } else if (node.kind === 'extension') {
    yield* below(reader, node.child, concatNibbles(path, node.path), start);
  } else {
    for (const [nibble, next] of node.children.entries()) {
      if (next === null) continue;
      yield* below(reader, next, concatNibbles(path, Uint8Array.of(nibble)), start);
    }
  }
}
