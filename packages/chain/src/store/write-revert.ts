/**
 * The way back to a snapshot: the flat state becomes that of an earlier root, and the blocks above its head are no longer
 * on the chain. They stay readable by whoever knows their hash; postings of their logs stay too, since a search looks
 * at the blocks that are there now.
 */
import type { HeaderData } from '../block/block-data.ts';
import { EMPTY_TRIE_ROOT } from '../crypto/keccak.ts';
import { corruptStore } from '../errors.ts';
import { type BlockNumber, bytesOf, type Hash } from '../primitives.ts';
import { decodeAccount, encodeAccount } from '../state/account-codec.ts';
import { decodeSlot } from '../state/trie-state-view.ts';
import type { NodeReader } from '../trie/node-source.ts';
import { trieDifference } from '../trie/trie-difference.ts';
import { removeStateRoot, writeStateRoot } from './development-records.ts';
import { accountKey, numberKey, storageKey } from './schema.ts';
import { writeStateFloor } from './state-floor.ts';
import type { TableWriter } from './tables.ts';

/** A block that a return to a snapshot leaves. */
export interface AbandonedBlock {
  readonly header: HeaderData;
  readonly transactions: readonly Hash[];
}

/** Writes of the flat tables; `key` is without the generation. */
export type FlatChange =
  | { readonly table: 'accounts'; readonly key: Uint8Array; readonly value: Uint8Array | undefined }
  | {
      readonly table: 'storage';
      readonly key: readonly [addressHash: Uint8Array, slotHash: Uint8Array];
      readonly value: Uint8Array | undefined;
    };

/** What differs between two states, in time that follows the difference. Throws `corrupt-store`. */
export function flatDifference(nodes: NodeReader, before: Hash, after: Hash): FlatChange[] {
  const changes: FlatChange[] = [];
  for (const account of trieDifference(nodes, before, after)) {
    const { key } = account;
    const old = account.before && decodeAccount(account.before);
    const now = account.after && decodeAccount(account.after);
    changes.push({ table: 'accounts', key, value: now && encodeAccount(now) });
    const roots = [
      old?.storageRoot ?? EMPTY_TRIE_ROOT,
      now?.storageRoot ?? EMPTY_TRIE_ROOT,
    ] as const;
    for (const slot of trieDifference(nodes, ...roots)) {
      const value = slot.after && decodeSlot(slot.after);
      changes.push({ table: 'storage', key: [key, slot.key], value });
    }
  }
  return changes;
}

export interface Revert {
  readonly head: HeaderData;
  readonly stateRoot: Hash;
  readonly abandoned: readonly AbandonedBlock[];
  readonly flat: readonly FlatChange[];
  /** Of the state, where they may have been removed since. */
  readonly nodes: ReadonlyMap<Hash, Uint8Array>;
  readonly codes: ReadonlyMap<Hash, Uint8Array>;
  /** States below it are gone already; the head's is here, even if it was made below. */
  readonly stateFloor: BlockNumber;
}

/** `generation`: that of the head's flat state. */
export function writeRevert(writer: TableWriter, revert: Revert, generation: number): void {
  for (const { header, transactions } of revert.abandoned) {
    if (header.number <= revert.head.number) throw corruptStore('a block below a snapshot left');
    writer.remove('canonical', numberKey(header.number));
    for (const hash of transactions) writer.remove('transactions', bytesOf(hash));
    removeStateRoot(writer, header.hash);
  }
  for (const change of revert.flat) {
    const key =
      change.table === 'accounts'
        ? accountKey(generation, change.key)
        : storageKey(generation, ...change.key);
    if (change.value === undefined) writer.remove(change.table, key);
    else writer.putSealed(change.table, key, change.value);
  }
  for (const [hash, bytes] of revert.nodes) writer.put('nodes', bytesOf(hash), bytes);
  for (const [hash, code] of revert.codes) writer.put('code', bytesOf(hash), code);
  if (revert.stateFloor > revert.head.number) writeStateFloor(writer, revert.head.number);
  writeStateRoot(writer, revert.head, revert.stateRoot);
}
