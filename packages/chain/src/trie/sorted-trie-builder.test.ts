import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { bytesOf, type Hash, hashOf } from '../primitives.ts';
import { NodeReader } from './node-source.ts';
import { iterateTrie } from './read-trie.ts';
import { SortedTrieBuilder } from './sorted-trie-builder.ts';
import { updateTrie } from './update-trie.ts';

/** Few different bytes, so that keys share long prefixes; short values, so that nodes are embedded. */
const entries = fc
  .uniqueArray(
    fc.tuple(
      fc.array(fc.constantFrom(0, 1, 16, 17, 255), { minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
    ),
    { selector: ([key]) => key.join(), maxLength: 60 },
  )
  .map((list) =>
    list
      .map(([key, value]) => ({ key: Uint8Array.from(key), value }))
      .sort((a, b) => Buffer.compare(a.key, b.key)),
  );

describe('SortedTrieBuilder', () => {
  it('gives the root of a trie that was updated, and every node to read it, children first', () => {
    fc.assert(
      fc.property(entries, (all) => {
        const nodes = new Map<Hash, Uint8Array>();
        const builder = new SortedTrieBuilder((hash, bytes) => {
          nodes.set(hashOf(hash), bytes);
          // What is there can be read at any time: everything below a node came before it.
          const reader = new NodeReader({ getNode: (name) => nodes.get(name) });
          expect([...iterateTrie(reader, hashOf(hash))].length).toBeGreaterThan(0);
        });
        for (const { key, value } of all) builder.add(key, value);
        const root = builder.finish();
        const reader = new NodeReader({ getNode: () => undefined });
        const created = new Map<Hash, Uint8Array>();
        expect(root).toBe(updateTrie(reader, EMPTY_TRIE_ROOT, all, created));
        expect([...nodes.keys()].sort()).toEqual([...created.keys()].sort());
        if (root !== EMPTY_TRIE_ROOT) expect(nodes.has(root)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses keys that do not ascend', () => {
    const key = bytesOf('0x0102');
    for (const next of [key, bytesOf('0x0101'), bytesOf('0x010203')]) {
      const builder = new SortedTrieBuilder(() => undefined);
      builder.add(key, Uint8Array.of(1));
      expect(() => builder.add(next, Uint8Array.of(2))).toThrow(RangeError);
    }
  });
});
