import { createMPTFromProof, MerklePatriciaTrie } from '@ethereumjs/mpt';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { type Hash, hashOf } from '../primitives.ts';
import { NodeReader } from './node-source.ts';
import { iterateTrie, proveKey, readTrie } from './read-trie.ts';
import { type TrieChange, updateTrie } from './update-trie.ts';

/** Short keys collide in long prefixes, which reaches extensions, splits and merges. */
const key = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => bytes.map((byte) => byte & 0x11)),
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
);
/** Long values make nodes of their own; short ones are embedded in their parent. */
const value = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3 }),
  fc.uint8Array({ minLength: 30, maxLength: 40 }),
  fc.constant(null),
);
const batch = fc.uniqueArray(fc.record({ key, value }), {
  selector: (change) => hashOfKey(change.key),
  maxLength: 30,
});

function hashOfKey(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

class World {
  readonly nodes = new Map<Hash, Uint8Array>();
  readonly reader = new NodeReader({ getNode: (hash) => this.nodes.get(hash) });
  root: Hash = EMPTY_TRIE_ROOT;

  apply(changes: readonly TrieChange[]): number {
    const created = new Map<Hash, Uint8Array>();
    this.root = updateTrie(this.reader, this.root, changes, created);
    for (const [hash, bytes] of created) this.nodes.set(hash, bytes);
    return created.size;
  }
}

describe('updateTrie', () => {
  it('has the root of the library after every batch of puts and deletes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 6 }), async (batches) => {
        const world = new World();
        const twin = new MerklePatriciaTrie();
        for (const changes of batches) {
          world.apply(changes);
          for (const change of changes) {
            if (change.value === null) await twin.del(change.key);
            else await twin.put(change.key, change.value);
          }
          expect(world.root).toBe(hashOf(twin.root()));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every earlier root readable, entry by entry', () => {
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 6 }), (batches) => {
        const world = new World();
        const content = new Map<string, Uint8Array>();
        const history: { root: Hash; content: Map<string, Uint8Array> }[] = [];
        for (const changes of batches) {
          world.apply(changes);
          for (const change of changes) {
            if (change.value === null) content.delete(hashOfKey(change.key));
            else content.set(hashOfKey(change.key), change.value);
          }
          history.push({ root: world.root, content: new Map(content) });
        }
        for (const past of history) {
          const entries = [...iterateTrie(world.reader, past.root)];
          const keys = entries.map((entry) => hashOfKey(entry.key));
          expect(keys).toEqual([...past.content.keys()].sort());
          for (const entry of entries) {
            expect(Buffer.from(entry.value)).toEqual(
              Buffer.from(past.content.get(hashOfKey(entry.key)) ?? []),
            );
            expect(readTrie(world.reader, past.root, entry.key)).toEqual(entry.value);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it('proves presence and absence so that the library agrees', async () => {
    await fc.assert(
      fc.asyncProperty(batch, key, async (changes, probe) => {
        const world = new World();
        world.apply(changes);
        fc.pre(world.root !== EMPTY_TRIE_ROOT);
        for (const asked of [probe, ...changes.map((change) => change.key)]) {
          const proof = proveKey(world.reader, world.root, asked);
          const verified = await createMPTFromProof([...proof]);
          expect(hashOf(verified.root())).toBe(world.root);
          const answer = await verified.get(asked);
          const expected = readTrie(world.reader, world.root, asked);
          expect(answer === null ? undefined : Buffer.from(answer)).toEqual(
            expected === undefined ? undefined : Buffer.from(expected),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  it('creates nothing when nothing changes', () => {
    fc.assert(
      fc.property(batch, (changes) => {
        const world = new World();
        world.apply(changes);
        const root = world.root;
        expect(world.apply(changes)).toBe(0);
        expect(world.root).toBe(root);
      }),
      { numRuns: 100 },
    );
  });

  it('touches a number of nodes that follows the changes, not the entries', () => {
    const world = new World();
    const entry = (number: number): TrieChange => ({
      key: keccak256(Buffer.from(`entry ${number}`)),
      value: Buffer.alloc(40, number),
    });
    world.apply(Array.from({ length: 20_000 }, (_, number) => entry(number)));
    const created = world.apply([{ ...entry(7), value: Buffer.alloc(40, 99) }]);
    expect(created).toBeLessThanOrEqual(8);
  });

  it('refuses a node that does not match its hash', () => {
    const world = new World();
    world.apply([{ key: Buffer.alloc(4, 1), value: Buffer.alloc(40, 1) }]);
    world.nodes.set(world.root, Buffer.alloc(50));
    const fresh = new NodeReader({ getNode: (hash) => world.nodes.get(hash) });
    expect(() => readTrie(fresh, world.root, Buffer.alloc(4, 1))).toThrow(
      expect.objectContaining({ code: 'corrupt-store' }),
    );
  });
});
