import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { type Hash, hexOf } from '../primitives.ts';
import { NodeReader } from './node-source.ts';
import { trieDifference } from './trie-difference.ts';
import { type TrieChange, updateTrie } from './update-trie.ts';

/** Short keys collide in long prefixes; short values are embedded in their parents. */
const key = fc.oneof(
  fc.uint8Array({ minLength: 3, maxLength: 3 }).map((bytes) => bytes.map((byte) => byte & 0x11)),
  fc.uint8Array({ minLength: 3, maxLength: 3 }),
);
const value = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3 }),
  fc.uint8Array({ minLength: 30, maxLength: 40 }),
);
const content = fc.array(fc.tuple(key, value), { maxLength: 40 });

class Tries {
  readonly nodes = new Map<Hash, Uint8Array>();
  reads = 0;
  readonly reader = this.newReader();

  newReader(): NodeReader {
    return new NodeReader({
      getNode: (hash) => {
        this.reads += 1;
        return this.nodes.get(hash);
      },
    });
  }

  update(root: Hash, changes: readonly TrieChange[]): Hash {
    const created = new Map<Hash, Uint8Array>();
    const updated = updateTrie(this.reader, root, changes, created);
    for (const [hash, bytes] of created) this.nodes.set(hash, bytes);
    return updated;
  }
}

function plain(entries: readonly (readonly [Uint8Array, Uint8Array])[]): Map<string, string> {
  return new Map(entries.map(([one, other]) => [hexOf(one), hexOf(other)]));
}

function changesOf(entries: ReadonlyMap<string, string>): TrieChange[] {
  return [...entries].map(([one, other]) => ({
    key: Buffer.from(one.slice(2), 'hex'),
    value: Buffer.from(other.slice(2), 'hex'),
  }));
}

function expectedDifference(before: Map<string, string>, after: Map<string, string>) {
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((one) => before.get(one) !== after.get(one))
    .map((one) => [one, before.get(one), after.get(one)]);
}

function found(reader: NodeReader, before: Hash, after: Hash) {
  return [...trieDifference(reader, before, after)].map((one) => [
    hexOf(one.key),
    one.before && hexOf(one.before),
    one.after && hexOf(one.after),
  ]);
}

describe('trieDifference', () => {
  it('is the difference of the contents, in key order, for any two tries', () => {
    fc.assert(
      fc.property(content, content, fc.boolean(), (first, second, onTop) => {
        const tries = new Tries();
        const before = plain(first);
        const after = onTop ? plain([...first, ...second]) : plain(second);
        const a = tries.update(EMPTY_TRIE_ROOT, changesOf(before));
        const b = tries.update(EMPTY_TRIE_ROOT, changesOf(after));
        expect(found(tries.newReader(), a, b)).toEqual(expectedDifference(before, after));
        expect(found(tries.newReader(), b, a)).toEqual(expectedDifference(after, before));
        expect(found(tries.newReader(), a, a)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('reads a number of nodes that follows the difference, not the size', () => {
    const tries = new Tries();
    const entry = (number: number, fill: number): TrieChange => ({
      key: keccak256(Buffer.from(`entry ${number}`)),
      value: Buffer.alloc(40, fill),
    });
    const before = tries.update(
      EMPTY_TRIE_ROOT,
      Array.from({ length: 20_000 }, (_, number) => entry(number, 1)),
    );
    const after = tries.update(before, [entry(7, 2), entry(30_000, 2)]);
    tries.reads = 0;
    expect(found(tries.newReader(), before, after)).toHaveLength(2);
    expect(tries.reads).toBeLessThanOrEqual(30);
  });
});
