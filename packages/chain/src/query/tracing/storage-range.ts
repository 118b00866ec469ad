/**
 * A contract's storage between two transactions of a block, in the order of the hashed slots, as debuggers page through it.
 * The chain keeps no slot's number with its hash: those that the block's replay has written are known, and low ones, where
 * compilers put plain variables.
 */
import type { HeaderData } from '../../block/block-data.ts';
import { EMPTY_TRIE_ROOT, keccak256 } from '../../crypto/keccak.ts';
import { padLeft } from '../../encoding/quantity.ts';
import { ChainError } from '../../errors.ts';
import {
  type Address,
  bytesOf,
  type Hash,
  type Hex,
  hashOf,
  hexOf,
  slotOf,
} from '../../primitives.ts';
import { decodeSlot, storedNodes } from '../../state/trie-state-view.ts';
import { NodeReader } from '../../trie/node-source.ts';
import { iterateTrie } from '../../trie/read-trie.ts';
import { openReplay, type ReplayModules, skip } from './block-replay.ts';

export interface StorageRangeRequest {
  readonly block: Hash;
  /** How many of the block's transactions have run. */
  readonly index: number;
  readonly address: Address;
  /** Least hash of a slot. */
  readonly start: Hash;
  readonly limit: number;
}

export interface StorageRange {
  readonly slots: readonly {
    readonly hash: Hash;
    /** Null where only the hash is known. */
    readonly slot: Hash | null;
    /** 32 bytes. */
    readonly value: Hex;
  }[];
  /** Where the rest begins; null when there is none. */
  readonly next: Hash | null;
}

/** Slots whose hashes are told by their numbers. */
const LOW_SLOTS = 1_024;
let lowSlots: ReadonlyMap<Hash, Hash> | undefined;

/** Bytes of a slot as JSON: generous. */
const SLOT_BYTES = 300;

export async function storageRange(
  header: HeaderData,
  { index, address, start, limit }: StorageRangeRequest,
  modules: ReplayModules,
): Promise<StorageRange> {
  const { tables, budget } = modules;
  const { run, view, transactions } = await openReplay(header, modules);
  if (index > transactions.length) {
    throw new ChainError(
      'invalid-request',
      `transaction index ${index} out of range for block ${header.hash}`,
    );
  }
  for (const raw of transactions.slice(0, index)) {
    budget.look();
    await skip(run, raw);
  }
  const { accounts, storage, nodes } = run.stateSoFar();
  const changed = accounts.get(address);
  const account = changed === undefined ? view.getAccount(address) : changed;
  const stored = storedNodes(tables);
  // A reader of its own: nodes that were never stored have no place in one that others share.
  const reader = new NodeReader({ getNode: (hash) => nodes.get(hash) ?? stored.getNode(hash) });
  const written = new Map(
    [...(storage.get(address)?.slots.keys() ?? [])].map((slot) => [hashedSlot(slot), slot]),
  );
  const slots: StorageRange['slots'][number][] = [];
  const root = account?.storageRoot ?? EMPTY_TRIE_ROOT;
  for (const { key, value } of iterateTrie(reader, root, bytesOf(start))) {
    budget.look();
    const hash = hashOf(key);
    if (slots.length >= limit) return { slots, next: hash };
    budget.take(SLOT_BYTES);
    const slot = written.get(hash) ?? lowSlotOf(hash);
    slots.push({ hash, slot, value: hexOf(padLeft(decodeSlot(value), 32)) });
  }
  return { slots, next: null };
}

function hashedSlot(slot: Hash): Hash {
  return hashOf(keccak256(bytesOf(slot)));
}

function lowSlotOf(hash: Hash): Hash | null {
  lowSlots ??= new Map(
    Array.from({ length: LOW_SLOTS }, (_, number) => {
      const slot = slotOf(BigInt(number));
      return [hashedSlot(slot), slot];
    }),
  );
  return lowSlots.get(hash) ?? null;
}
