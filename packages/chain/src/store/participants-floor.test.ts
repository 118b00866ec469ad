import { expect, it, onTestFinished } from 'vitest';
import { blockNumberOf } from '../primitives.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { beginParticipants, readParticipantsFloor } from './participants-floor.ts';
import { Tables } from './tables.ts';

it('a folder of before has participants from its next block on, however often it is opened', async () => {
  const tables = new Tables(temporaryFolder(), { readOnly: false });
  onTestFinished(() => tables.close());
  expect(readParticipantsFloor(tables)).toBeUndefined();
  await beginParticipants(tables, blockNumberOf(7));
  tables.refresh();
  expect(readParticipantsFloor(tables)).toBe(8);
  await beginParticipants(tables, blockNumberOf(20));
  tables.refresh();
  expect(readParticipantsFloor(tables)).toBe(8);
});
