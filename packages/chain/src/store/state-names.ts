/**
 * The addresses and slots that the flat state has as their hashes alone. Kept in development mode, where a state can be
 * dumped for another chain; never removed, for a return to an earlier state may need any of them.
 */
import { keccak256 } from '../crypto/keccak.ts';
import { bytesOf } from '../primitives.ts';
import type { StateDiff } from '../state/state-diff.ts';
import { metaKey } from './schema.ts';
import type { Tables, TableWriter } from './tables.ts';

/** Everything that a difference may add to the state. */
export function writeNames(writer: TableWriter, { accounts, storage }: StateDiff): void {
  const write = (name: Uint8Array) => writer.putSealed('meta', nameKey(keccak256(name)), name);
  for (const address of accounts.keys()) write(bytesOf(address));
  for (const { slots } of storage.values()) {
    for (const slot of slots.keys()) write(bytesOf(slot));
  }
}

/** The address or slot of a hash; undefined where it was written before names were kept. Throws `corrupt-store`. */
export function readName(tables: Tables, hash: Uint8Array): Uint8Array | undefined {
  return tables.getSealed('meta', nameKey(hash));
}

function nameKey(hash: Uint8Array): Uint8Array {
  return Buffer.concat([metaKey('name'), hash]);
}
