/** From which block on the participants of transactions are posted: folders of earlier versions begin in the middle. */
import { bigintToBytes, bytesToNumber } from '../encoding/quantity.ts';
import { type BlockNumber, blockNumberOf } from '../primitives.ts';
import { metaKey } from './schema.ts';
import type { Tables, TableWriter } from './tables.ts';

/** Undefined where none are posted. Throws `corrupt-store`. */
export function readParticipantsFloor(tables: Pick<Tables, 'getSealed'>): BlockNumber | undefined {
  const bytes = tables.getSealed('meta', metaKey('participants-from'));
  return bytes === undefined ? undefined : blockNumberOf(bytesToNumber(bytes));
}

export function writeParticipantsFloor(writer: TableWriter, floor: BlockNumber): void {
  writer.putSealed('meta', metaKey('participants-from'), bigintToBytes(BigInt(floor)));
}

/** Of a folder that is opened for writing: what is written from now on is posted. */
export async function beginParticipants(tables: Tables, head: BlockNumber): Promise<void> {
  if (readParticipantsFloor(tables) !== undefined) return;
  await tables.commit((writer) => writeParticipantsFloor(writer, blockNumberOf(head + 1)));
}
