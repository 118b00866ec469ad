/**
 * Nodes of a Merkle Patricia trie and their RLP (Yellow Paper, appendix D). No key here is a prefix of another (keys
 * are hashes or RLP integers), so branches hold no value. Decoded nodes are never changed.
 */
import { concatNibbles, decodePath, encodePath, type Nibbles } from './nibbles.ts';

export interface LeafNode {
  readonly kind: 'leaf';
  readonly path: Nibbles;
  readonly value: Uint8Array;
}
export interface ExtensionNode {
  readonly kind: 'extension';
  readonly path: Nibbles;
  readonly child: Child;
}
export interface BranchNode {
  readonly kind: 'branch';
  /** 16 of them. */
  readonly children: readonly (Child | null)[];
}
export type TrieNode = LeafNode | ExtensionNode | BranchNode;
/** A stored node by its 32-byte hash; or a node that is not stored by hash: shorter than 32 bytes, or new. */
export type Child = Uint8Array | TrieNode;

type RlpItem = Uint8Array | RlpItem[];

/** Throws `RangeError` on bytes that are no node. */
export function decodeNode(bytes: Uint8Array): TrieNode {
  const [item, end] = readItem(bytes, 0);
  if (end !== bytes.length || !Array.isArray(item)) throw new RangeError('trailing bytes');
  return nodeOf(item);
}

function nodeOf(items: RlpItem[]): TrieNode {
  if (items.length === 17) {
    const value = items[16];
    if (!(value instanceof Uint8Array) || value.length > 0) throw new RangeError('branch value');
    return { kind: 'branch', children: items.slice(0, 16).map(childOf) };
  }
  const [encodedPath, content] = items;
  if (items.length !== 2 || !(encodedPath instanceof Uint8Array) || content === undefined) {
    throw new RangeError('a node has 2 or 17 items');
  }
  const { path, isLeaf } = decodePath(encodedPath);
  if (isLeaf) {
    if (!(content instanceof Uint8Array)) throw new RangeError('leaf value');
    return { kind: 'leaf', path, value: content };
  }
  const child = childOf(content);
  if (child === null || path.length === 0) throw new RangeError('empty extension');
  return { kind: 'extension', path, child };
}

function childOf(item: RlpItem): Child | null {
  if (Array.isArray(item)) return nodeOf(item);
  if (item.length === 32) return item;
  if (item.length === 0) return null;
  throw new RangeError('bad child reference');
}

/** Nodes nest by embedding only, at most 31 bytes deep, so recursion is bounded. */
function readItem(bytes: Uint8Array, at: number): [RlpItem, number] {
  const first = bytes[at];
  if (first === undefined) throw new RangeError('truncated');
  if (first < 0x80) return [bytes.subarray(at, at + 1), at + 1];
  const isList = first >= 0xc0;
  const short = first - (isList ? 0xc0 : 0x80);
  let start = at + 1;
  let length = short;
  if (short > 55) {
    length = 0;
    for (const stop = start + short - 55; start < stop; start += 1) {
      length = length * 256 + (bytes[start] ?? 0);
    }
  }
  const end = start + length;
  if (end > bytes.length) throw new RangeError('truncated');
  if (!isList) return [bytes.subarray(start, end), end];
  const items: RlpItem[] = [];
  for (let cursor = start; cursor < end; ) {
    const [item, next] = readItem(bytes, cursor);
    items.push(item);
    cursor = next;
  }
  return [items, end];
}

/** What stands for a child in its parent: 32 bytes of hash, or the RLP of a node shorter than that. */
export type ChildReference = { readonly bytes: Uint8Array; readonly isHash: boolean };

/** RLP of a node; `refer` answers for each child. */
export function encodeNode(node: TrieNode, refer: (child: Child) => ChildReference): Uint8Array {
  if (node.kind === 'leaf') {
    return encodeList([encodeString(encodePath(node.path, true)), encodeString(node.value)]);
  }
  if (node.kind === 'extension') {
    return encodeList([encodeString(encodePath(node.path, false)), part(refer(node.child))]);
  }
  return encodeBranch(node, refer);
}

/** Most of a block's nodes are branches, so this one writes in place. */
function encodeBranch(node: BranchNode, refer: (child: Child) => ChildReference): Uint8Array {
  const references = node.children.map((child) => (child === null ? null : refer(child)));
  // The empty value at the end takes one byte, as a missing child does.
  let length = 1;
  for (const one of references) {
    length += one === null ? 1 : one.bytes.length + (one.isHash ? 1 : 0);
  }
  const { out, start } = listOf(length);
  let at = start;
  for (const one of references) {
    if (one === null) out[at++] = EMPTY_STRING;
    else {
      if (one.isHash) out[at++] = HASH_PREFIX;
      out.set(one.bytes, at);
      at += one.bytes.length;
    }
  }
  out[at] = EMPTY_STRING;
  return out;
}

/** RLP of no bytes. */
const EMPTY_STRING = 0x80;
/** RLP's prefix of 32 bytes. */
const HASH_PREFIX = 0xa0;

/** A buffer for a list whose items take `length` bytes, and where they start. */
function listOf(length: number): { out: Uint8Array; start: number } {
  let sizeBytes = 0;
  if (length > 55) for (let rest = length; rest > 0; rest >>>= 8) sizeBytes += 1;
  const out = new Uint8Array(1 + sizeBytes + length);
  out[0] = length > 55 ? 0xf7 + sizeBytes : 0xc0 + length;
  for (let i = sizeBytes, rest = length; i > 0; i -= 1, rest >>>= 8) out[i] = rest & 0xff;
  return { out, start: 1 + sizeBytes };
}

function part(reference: ChildReference): Uint8Array {
  return reference.isHash ? encodeString(reference.bytes) : reference.bytes;
}

function encodeString(bytes: Uint8Array): Uint8Array {
  if (bytes.length === 1 && (bytes[0] ?? 0) < 0x80) return bytes;
  return prefixed(0x80, [bytes], bytes.length);
}

function encodeList(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const one of parts) length += one.length;
  return prefixed(0xc0, parts, length);
}

function prefixed(base: number, parts: readonly Uint8Array[], length: number): Uint8Array {
  let sizeBytes = 0;
  if (length > 55) for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) sizeBytes += 1;
  const out = new Uint8Array(1 + sizeBytes + length);
  out[0] = length > 55 ? base + 55 + sizeBytes : base + length;
  for (let i = sizeBytes, rest = length; i > 0; i -= 1, rest = Math.floor(rest / 256)) {
    out[i] = rest % 256;
  }
  let at = 1 + sizeBytes;
  for (const one of parts) {
    out.set(one, at);
    at += one.length;
  }
  return out;
}

/** A node reached by `path` from where `node` starts: paths merge into one. */
export function prefixNode(path: Nibbles, node: TrieNode): TrieNode {
  if (path.length === 0) return node;
  if (node.kind === 'branch') return { kind: 'extension', path, child: node };
  return { ...node, path: concatNibbles(path, node.path) };
}
