/**
 * Which generation of the flat state is the head's, and the removal of those that are not: a state that a restored one
 * has replaced, or one whose restoring was cut off.
 */
import { corruptStore } from '../errors.ts';
import { GENERATIONS, generationRange, metaKey } from './schema.ts';
import type { Snapshot, Tables, TableWriter } from './tables.ts';

/** That of a chain which never restored a snapshot. */
export const FIRST_GENERATION = 0;

const FLAT_TABLES = ['accounts', 'storage'] as const;

/** Throws `corrupt-store`. */
export function readGeneration(tables: Tables, snapshot?: Snapshot): number {
  const [generation] = tables.getSealed('meta', metaKey('generation'), snapshot) ?? [];
  if (generation === undefined) throw corruptStore('the generation of the state is missing');
  return generation;
}

export function writeGeneration(writer: TableWriter, generation: number): void {
  writer.putSealed('meta', metaKey('generation'), Uint8Array.of(generation));
}

/** The one that a restored state is written under. */
export function generationAfter(generation: number): number {
  return (generation + 1) % GENERATIONS;
}

/**
 * Removes up to `limit` values of other generations in one transaction. Answers false when there are none left. Nobody
 * may be writing another generation meanwhile.
 */
export async function removeStaleState(tables: Tables, limit: number): Promise<boolean> {
  tables.refresh();
  const current = readGeneration(tables);
  const before = { start: Uint8Array.of(), end: generationRange(current).start };
  const after = { start: generationRange(current).end, end: Buffer.alloc(80, 0xff) };
  for (const table of FLAT_TABLES) {
    for (const range of current === 0 ? [after] : [before, after]) {
      const keys = tables.page(table, range, limit).map(([key]) => key);
      if (keys.length === 0) continue;
      await tables.commit((writer) => {
        for (const key of keys) writer.remove(table, key);
      });
      return true;
    }
  }
  return false;
}
