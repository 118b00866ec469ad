/**
 * What differs between two tries: both are walked at once, and what they share by hash is skipped, so the cost follows
 * the difference and not the size.
 */
import { EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { bytesOf, type Hash } from '../primitives.ts';
import { fromNibbles } from './nibbles.ts';
import type { Child, TrieNode } from './node.ts';
import type { NodeReader } from './node-source.ts';

export interface TrieDifference {
  readonly key: Uint8Array;
  /** Undefined where the trie has no such key. */
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

/** Keys whose values differ, in key order. Throws `corrupt-store` when a node is missing. */
export function* trieDifference(
  reader: NodeReader,
  before: Hash,
  after: Hash,
): Generator<TrieDifference> {
  yield* new Walk(reader).differ(startOf(before), startOf(after), []);
}

/** A place in a trie: `skip` nibbles into the path of a leaf or an extension. */
interface Place {
  readonly child: Child;
  readonly skip: number;
}

function startOf(root: Hash): Place | null {
  return root === EMPTY_TRIE_ROOT ? null : { child: bytesOf(root), skip: 0 };
}

class Walk {
  readonly #reader: NodeReader;

  constructor(reader: NodeReader) {
    this.#reader = reader;
  }

  *differ(a: Place | null, b: Place | null, path: readonly number[]): Generator<TrieDifference> {
    if (isSame(a, b)) return;
    const endA = this.#endOf(a, path);
    const endB = this.#endOf(b, path);
    // Two different leaves, or a leaf and nothing: no need to follow their paths nibble by nibble.
    if ((a === null || endA !== undefined) && (b === null || endB !== undefined)) {
      yield* leaves(endA, endB);
      return;
    }
    for (const nibble of this.#nibbles(a, b)) {
      yield* this.differ(this.#below(a, nibble), this.#below(b, nibble), [...path, nibble]);
    }
  }

  /** The leaf here. */
  #endOf(place: Place | null, path: readonly number[]): Leaf | undefined {
    if (place === null) return undefined;
    const node = this.#reader.resolve(place.child);
    if (node.kind !== 'leaf') return undefined;
    const full = Uint8Array.from([...path, ...node.path.subarray(place.skip)]);
    return { path: full, value: node.value };
  }

  #nibbles(a: Place | null, b: Place | null): readonly number[] {
    const [one, other] = [this.#onlyNibble(a), this.#onlyNibble(b)];
    if (one === undefined || other === undefined) return ALL_NIBBLES;
    return [...new Set([...one, ...other])].sort((x, y) => x - y);
  }

  /** Undefined at a branch, where any may follow. */
  #onlyNibble(place: Place | null): readonly number[] | undefined {
    if (place === null) return [];
    const node = this.#reader.resolve(place.child);
    return node.kind === 'branch' ? undefined : [node.path[place.skip] ?? 0];
  }

  #below(place: Place | null, nibble: number): Place | null {
    if (place === null) return null;
    const { child, skip } = place;
    const node: TrieNode = this.#reader.resolve(child);
    if (node.kind === 'branch') {
      const next = node.children[nibble] ?? null;
      return next === null ? null : { child: next, skip: 0 };
    }
    if (node.path[skip] !== nibble) return null;
    const isEnd = node.kind === 'extension' && skip + 1 === node.path.length;
    return isEnd ? { child: node.child, skip: 0 } : { child, skip: skip + 1 };
  }
}

const ALL_NIBBLES: readonly number[] = Array.from({ length: 16 }, (_, nibble) => nibble);

interface Leaf {
  readonly path: Uint8Array;
  readonly value: Uint8Array;
}

function* leaves(a: Leaf | undefined, b: Leaf | undefined): Generator<TrieDifference> {
  const order = a === undefined || b === undefined ? undefined : Buffer.compare(a.path, b.path);
  if (a !== undefined && b !== undefined && order === 0) {
    if (Buffer.compare(a.value, b.value) === 0) return;
    yield { key: fromNibbles(a.path), before: a.value, after: b.value };
    return;
  }
  const gone = a && { key: fromNibbles(a.path), before: a.value, after: undefined };
  const come = b && { key: fromNibbles(b.path), before: undefined, after: b.value };
  const inOrder = order !== undefined && order > 0 ? [come, gone] : [gone, come];
  for (const one of inOrder) if (one !== undefined) yield one;
}

function isSame(a: Place | null, b: Place | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.skip !== b.skip) return false;
  if (a.child === b.child) return true;
  return (
    a.child instanceof Uint8Array &&
    b.child instanceof Uint8Array &&
    Buffer.compare(a.child, b.child) === 0
  );
}
