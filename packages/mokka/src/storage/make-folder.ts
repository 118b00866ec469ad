import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolder } from './sync-folder.ts';

/**
 * Makes a folder and those above it that are missing, for good: a power cut does not take them away again. One that is there stays as it
 * is. Unlike `mkdir` with `recursive`, which tries for ever where the system says that a parent is missing though it is there, as below
 * `/proc`. Rejects with the system's error.
 */
export async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await makeOne(path, mode);
  } catch (error) {
    const parent = dirname(path);
    if (!isMissing(error) || parent === path) throw error;
    await makeFolder(parent, mode);
    await makeOne(path, mode);
  }
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
    await syncFolder(dirname(path));
  } catch (error) {
    // Some systems answer otherwise for a folder that is there, such as a mount that can only be read.
    const isThere = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isThere) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
