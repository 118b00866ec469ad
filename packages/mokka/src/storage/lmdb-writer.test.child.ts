/**
 * A process of its own for the storage tests: writes to the store of a folder until it is killed (`endless`) or the
 * disk refuses (`full`), and prints the number of every write that was acknowledged.
 */
import { writeSync } from 'node:fs';
import { LmdbStorage } from './lmdb.ts';
import { StorageError } from './storage-error.ts';

const [folder = '', mode = ''] = process.argv.slice(2);
const storage = await LmdbStorage.open(folder);
if (mode === 'endless') {
  for (let index = 0; ; index += 8) {
    const batch = Array.from({ length: 8 }, (_, i) => write(index + i, 500));
    await Promise.all(batch);
  }
} else {
  for (let index = 0; ; index += 1) {
    try {
      await write(index, 4000);
    } catch (error) {
      print(codeOf(error));
      break;
    }
  }
  for (let index = 0; index < 2; index += 1)
    await write(0, 1).catch((error) => print(codeOf(error)));
  await storage.close();
}

async function write(index: number, size: number): Promise<void> {
  const value = new Uint8Array(size).fill(index);
  await storage.write([
    { type: 'put', table: 'entries', key: index, value },
    { type: 'put', table: 'votes', key: index, value },
    { type: 'put-record', name: 'last', value: Buffer.from(`${index}`) },
  ]);
  print(`${index}`);
}

function print(line: string): void {
  writeSync(1, `${line}\n`);
}

function codeOf(error: unknown): string {
  return error instanceof StorageError ? error.code : String(error);
}
