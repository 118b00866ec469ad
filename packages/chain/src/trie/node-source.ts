/**
 * Where a trie finds its nodes. Nodes are named by their hash and never overwritten, so every root ever stored stays
 * readable.
 */
import { keccak256 } from '../crypto/keccak.ts';
import { corruptStore } from '../errors.ts';
import { type Hash, hashOf, hexOf } from '../primitives.ts';
import { type Child, decodeNode, type TrieNode } from './node.ts';

/** Trie nodes by hash, as RLP; undefined when there is none. */
export interface NodeSource {
  getNode(hash: Hash): Uint8Array | undefined;
}

/** Decoded nodes kept between operations, about 20 MB, to spare reads, hash checks and decoding near the root. */
const CACHED_NODES_MAX = 8_192;

/** Decodes and checks nodes of a source once. Holds at most `CACHED_NODES_MAX` of them. */
export class NodeReader {
  readonly #source: NodeSource;
  readonly #cache = new Map<Hash, TrieNode>();

  constructor(source: NodeSource) {
    this.#source = source;
  }

  /** Throws `ChainError` `corrupt-store` when the node is missing or its bytes do not hash to its name. */
  resolve(child: Child): TrieNode {
    if (!(child instanceof Uint8Array)) return child;
    const hash = hashOf(child);
    const cached = this.#cache.get(hash);
    if (cached !== undefined) return cached;
    const node = decodeChecked(hash, this.raw(hash));
    this.remember(hash, node);
    return node;
  }

  /** Spares reading a node that was just made. Its children must be hashes or embedded nodes. */
  remember(hash: Hash, node: TrieNode): void {
    if (this.#cache.size >= CACHED_NODES_MAX) {
      const oldest = this.#cache.keys().next();
      if (!oldest.done) this.#cache.delete(oldest.value);
    }
    this.#cache.set(hash, node);
  }

  /** RLP of a stored node. Throws `corrupt-store`. */
  raw(hash: Hash): Uint8Array {
    const bytes = this.#source.getNode(hash);
    if (bytes === undefined) throw corruptStore(`trie node ${hash} is missing`);
    return bytes;
  }
}

function decodeChecked(hash: Hash, bytes: Uint8Array): TrieNode {
  if (hexOf(keccak256(bytes)) !== hash) {
    throw corruptStore(`trie node ${hash} does not match its hash`);
  }
  try {
    return decodeNode(bytes);
  } catch (error) {
    throw corruptStore(`trie node ${hash} is no trie node`, { reason: String(error) });
  }
}
