/** The head's whole state by addresses and slots, to be loaded into another chain. */
import { EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, keccak256 } from '../crypto/keccak.ts';
import { padLeft } from '../encoding/quantity.ts';
import { ChainError } from '../errors.ts';
import type { Genesis } from '../genesis/genesis.ts';
import { addressOf, bytesOf, hashOf, hexOf } from '../primitives.ts';
import { decodeAccount } from '../state/account-codec.ts';
import { readCode } from '../state/code-table.ts';
import { readGeneration } from '../store/flat-generation.ts';
import { generationRange, storageRange } from '../store/schema.ts';
import { readName } from '../store/state-names.ts';
import type { Tables } from '../store/tables.ts';
import type { DumpedAccount } from './chain-reader.ts';

/** Accounts and slots together: what one answer may hold, and one turn may read. */
const VALUES_MAX = 65_536;

/** Throws `ChainError`: `too-many-results`; `history-unavailable` where the names of what is there were never known. */
export function dumpState(tables: Tables, genesis: Genesis): readonly DumpedAccount[] {
  const generation = readGeneration(tables);
  const names = genesisNames(genesis);
  const nameOf = (hash: Uint8Array): Uint8Array => {
    const name = names.get(hashOf(hash)) ?? readName(tables, hash);
    if (name !== undefined) return name;
    throw new ChainError(
      'history-unavailable',
      'this node does not know the addresses of all accounts: it began with a snapshot of the chain, or an earlier release made its data',
    );
  };
  let left = VALUES_MAX;
  const page = (table: 'accounts' | 'storage', range: ReturnType<typeof generationRange>) => {
    const found = tables.page(table, range, left + 1);
    left -= found.length;
    if (left >= 0) return found;
    throw new ChainError(
      'too-many-results',
      `the state has more than ${VALUES_MAX} accounts and slots`,
    );
  };
  return page('accounts', generationRange(generation)).map(([key, value]) => {
    const hash = key.subarray(1);
    const { nonce, balance, codeHash, storageRoot } = decodeAccount(value);
    const slots =
      storageRoot === EMPTY_TRIE_ROOT ? [] : page('storage', storageRange(generation, hash));
    return {
      address: addressOf(nameOf(hash)),
      nonce,
      balance,
      code: codeHash === EMPTY_CODE_HASH ? '0x' : hexOf(readCode(tables, codeHash)),
      slots: slots.map(([slotKey, slot]) => ({
        slot: hashOf(nameOf(slotKey.subarray(1 + hash.length))),
        value: hashOf(padLeft(slot, 32)),
      })),
    };
  });
}

/** Of the accounts that the chain began with. */
function genesisNames({ state }: Genesis): ReadonlyMap<string, Uint8Array> {
  const names = new Map<string, Uint8Array>();
  const add = (name: Uint8Array) => names.set(hashOf(keccak256(name)), name);
  for (const address of state.accounts.keys()) add(bytesOf(address));
  for (const { slots } of state.storage.values()) {
    for (const slot of slots.keys()) add(bytesOf(slot));
  }
  return names;
}
