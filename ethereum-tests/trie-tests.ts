/** TrieTests: entries and the root of the trie that holds them. */
import { z } from 'zod';
import { EMPTY_TRIE_ROOT, keccak256 } from '../packages/chain/src/crypto/keccak.ts';
import type { Hash } from '../packages/chain/src/primitives.ts';
import { NodeReader } from '../packages/chain/src/trie/node-source.ts';
import { type TrieChange, updateTrie } from '../packages/chain/src/trie/update-trie.ts';
import type { TestCase } from './test-case.ts';

/** Strings are text, or bytes as `0x...`; null deletes. */
export const trieTest = z.object({
  in: z.union([
    z.array(z.tuple([z.string(), z.string().nullable()])),
    z.record(z.string(), z.string().nullable()).transform((entries) => Object.entries(entries)),
  ]),
  root: z.string(),
});

/** `isSecure`: keys of the trie are the hashes of those of the test, as in all tries of accounts and storage. */
export function trieCase(
  name: string,
  { in: entries, root }: z.output<typeof trieTest>,
  isSecure: boolean,
): TestCase {
  const keyOf = (key: string) => (isSecure ? keccak256(textBytes(key)) : textBytes(key));
  const change = ([key, value]: readonly [string, string | null]): TrieChange => ({
    key: keyOf(key),
    value: value === null ? null : textBytes(value),
  });
  const run = async () => {
    const nodes = new Map<Hash, Uint8Array>();
    const reader = new NodeReader({ getNode: (hash) => nodes.get(hash) });
    // The last change of a key is the one that stays.
    const last = [...new Map(entries)].map(change);
    const atOnce = updateTrie(reader, EMPTY_TRIE_ROOT, last, nodes);
    if (atOnce !== root) return `root ${atOnce} with all changes at once, expected ${root}`;
    let stepwise: Hash = EMPTY_TRIE_ROOT;
    for (const entry of entries) stepwise = updateTrie(reader, stepwise, [change(entry)], nodes);
    return stepwise === root ? undefined : `root ${stepwise} change by change, expected ${root}`;
  };
  return { name, run };
}

function textBytes(text: string): Uint8Array {
  return text.startsWith('0x') ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text);
}
