/**
 * What development operations leave in the store, all of it in `meta` and none of it on a chain without them: the
 * development state, and the roots of states that were edited after their block.
 */
import type { HeaderData } from '../block/block-data.ts';
import {
  type DevelopmentState,
  decodeDevelopmentState,
  encodeDevelopmentState,
  UNUSED,
} from '../development/development-state.ts';
import { bytesOf, type Hash, hashOf } from '../primitives.ts';
import { metaKey } from './schema.ts';
import type { Snapshot, Tables, TableWriter } from './tables.ts';

/** Throws `corrupt-store`. */
export function readDevelopmentState(tables: Tables, snapshot?: Snapshot): DevelopmentState {
  const bytes = tables.getSealed('meta', metaKey('development'), snapshot);
  return bytes === undefined ? UNUSED : decodeDevelopmentState(bytes);
}

export function writeDevelopmentState(writer: TableWriter, development: DevelopmentState): void {
  writer.putSealed('meta', metaKey('development'), encodeDevelopmentState(development));
}

/** Root of the last state while the block was the head. Throws `corrupt-store`. */
export function readStateRoot(
  tables: Tables,
  { hash, stateRoot }: Pick<HeaderData, 'hash' | 'stateRoot'>,
  snapshot?: Snapshot,
): Hash {
  const edited = tables.getSealed('meta', editedKey(hash), snapshot);
  return edited === undefined ? stateRoot : hashOf(edited);
}

export function writeStateRoot(
  writer: TableWriter,
  { hash, stateRoot }: Pick<HeaderData, 'hash' | 'stateRoot'>,
  root: Hash,
): void {
  if (root === stateRoot) writer.remove('meta', editedKey(hash));
  else writer.putSealed('meta', editedKey(hash), bytesOf(root));
}

/** The block is not on the chain any more. */
export function removeStateRoot(writer: TableWriter, block: Hash): void {
  writer.remove('meta', editedKey(block));
}

/** Roots of all states that the chain can be taken back to: they must stay, with all below them, however old. */
export function rootsInUse(tables: Tables, snapshot?: Snapshot): ReadonlySet<Hash> {
  const { snapshots } = readDevelopmentState(tables, snapshot);
  return new Set(snapshots.map(({ stateRoot }) => stateRoot));
}

function editedKey(block: Hash): Uint8Array {
  return Buffer.concat([metaKey('edited'), bytesOf(block)]);
}
