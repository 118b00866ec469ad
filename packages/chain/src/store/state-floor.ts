/**
 * From which block on states are here: where old ones are removed, those below are going or gone. Blocks, receipts and logs
 * stay.
 */
import { bigintToBytes, bytesToNumber } from '../encoding/quantity.ts';
import { ChainError } from '../errors.ts';
import { type BlockNumber, blockNumberOf, type Hash } from '../primitives.ts';
import { metaKey } from './schema.ts';
import type { Tables, TableWriter } from './tables.ts';

/** Zero where nothing was ever removed. Throws `corrupt-store`. */
export function readStateFloor(tables: Tables): BlockNumber {
  const bytes = tables.getSealed('meta', metaKey('states-from'));
  return blockNumberOf(bytes === undefined ? 0 : bytesToNumber(bytes));
}

export function writeStateFloor(writer: TableWriter, floor: BlockNumber): void {
  writer.putSealed('meta', metaKey('states-from'), bigintToBytes(BigInt(floor)));
}

/** Throws `state-pruned`, in geth's words, when the state of this block is going or gone. */
export function requireState(tables: Tables, number: BlockNumber, root: Hash): void {
  const floor = readStateFloor(tables);
  if (number >= floor) return;
  throw new ChainError(
    'state-pruned',
    `missing trie node ${root.slice(2)} (path ) state ${root} is not available: ` +
      `this node keeps states from block ${floor} on; ask a node that keeps all (--state-history archive)`,
    { number, lowest: floor },
  );
}
