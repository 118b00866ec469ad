/**
 * What a block changed: the difference to its parent's state, with the new trie nodes and the new root. Computed once
 * per block from the journal; cost follows what the block touched.
 */
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { type Address, bytesOf, type Hash } from '../primitives.ts';
import type { AccountData } from '../query/chain-reader.ts';
import type { NodeReader } from '../trie/node-source.ts';
import { type TrieChange, updateTrie } from '../trie/update-trie.ts';
import { encodeAccount } from './account-codec.ts';
import { EMPTY_ACCOUNT, type JournaledState, type StorageChanges } from './journaled-state.ts';
import type { StateView } from './state-view.ts';
import { encodeSlot } from './trie-state-view.ts';

export interface StateDiff {
  readonly root: Hash;
  /** Null: deleted. With the right `storageRoot`. */
  readonly accounts: ReadonlyMap<Address, AccountData | null>;
  readonly storage: ReadonlyMap<Address, StorageChanges>;
  /** New code only. */
  readonly codes: ReadonlyMap<Hash, Uint8Array>;
  /** New trie nodes. */
  readonly nodes: ReadonlyMap<Hash, Uint8Array>;
}

/** `parentRoot` is the root of the journal's base; `reader` finds the base's nodes. Throws `corrupt-store`. */
export function diffOf(state: JournaledState, parentRoot: Hash, reader: NodeReader): StateDiff {
  const { writes, base } = state;
  const accounts = new Map<Address, AccountData | null>();
  const storage = new Map<Address, StorageChanges>();
  const nodes = new Map<Hash, Uint8Array>();
  const changes: TrieChange[] = [];
  for (const address of new Set([...writes.accounts.keys(), ...writes.storage.keys()])) {
    const before = base.getAccount(address);
    const written = writes.accounts.get(address);
    const account = written === undefined ? before : written;
    if (account === undefined || account === null) {
      if (before === undefined) continue;
      accounts.set(address, null);
      if (before.storageRoot !== EMPTY_TRIE_ROOT) storage.set(address, CLEARED);
      changes.push({ key: keccak256(bytesOf(address)), value: null });
      continue;
    }
    const effective = effectiveStorage(base, address, writes.storage.get(address));
    const storageRoot = storageRootOf(before, effective, reader, nodes);
    if (effective !== undefined) storage.set(address, effective);
    const after = { ...account, storageRoot };
    if (before !== undefined && sameAccount(before, after)) continue;
    accounts.set(address, after);
    changes.push({ key: keccak256(bytesOf(address)), value: encodeAccount(after) });
  }
  const root = updateTrie(reader, parentRoot, changes, nodes);
  return { root, accounts, storage, codes: newCodes(state, accounts), nodes };
}

const CLEARED: StorageChanges = { cleared: true, slots: new Map() };

/** Slots whose value differs from the parent's; undefined when nothing changed. */
function effectiveStorage(
  base: StateView,
  address: Address,
  written: StorageChanges | undefined,
): StorageChanges | undefined {
  if (written === undefined) return undefined;
  const slots = new Map<Hash, Uint8Array>();
  for (const [slot, value] of written.slots) {
    const before = written.cleared ? undefined : base.getStorage(address, slot);
    if (before === undefined ? value.length > 0 : Buffer.compare(before, value) !== 0) {
      slots.set(slot, value);
    }
  }
  return slots.size > 0 || written.cleared ? { cleared: written.cleared, slots } : undefined;
}

function storageRootOf(
  before: AccountData | undefined,
  changes: StorageChanges | undefined,
  reader: NodeReader,
  nodes: Map<Hash, Uint8Array>,
): Hash {
  const root = before?.storageRoot ?? EMPTY_TRIE_ROOT;
  if (changes === undefined) return root;
  const updates: TrieChange[] = [];
  for (const [slot, value] of changes.slots) {
    const key = keccak256(bytesOf(slot));
    updates.push({ key, value: value.length === 0 ? null : encodeSlot(value) });
  }
  return updateTrie(reader, changes.cleared ? EMPTY_TRIE_ROOT : root, updates, nodes);
}

function sameAccount(a: AccountData, b: AccountData): boolean {
  return (
    a.nonce === b.nonce &&
    a.balance === b.balance &&
    a.codeHash === b.codeHash &&
    a.storageRoot === b.storageRoot
  );
}

function newCodes(
  state: JournaledState,
  accounts: ReadonlyMap<Address, AccountData | null>,
): ReadonlyMap<Hash, Uint8Array> {
  const codes = new Map<Hash, Uint8Array>();
  for (const [address, account] of accounts) {
    if (account === null || account.codeHash === EMPTY_CODE_HASH) continue;
    if (account.codeHash === (state.base.getAccount(address) ?? EMPTY_ACCOUNT).codeHash) continue;
    codes.set(account.codeHash, state.getCode(account.codeHash));
  }
  return codes;
}
