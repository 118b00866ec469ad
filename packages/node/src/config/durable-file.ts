/**
 * Files that are there whole or not at all, whatever instant the process ends or the power fails at: written beside their
 * place, synced, moved there, and their name synced too.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

const OWNER_WRITES = 0o644;
/** What a file system answers that has no hard links. */
const NO_LINKS: ReadonlySet<string | undefined> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
]);

export interface DurableFileOptions {
  /** Permission bits. Default: everybody reads, the owner writes. */
  readonly mode?: number;
  /** Refuses, with the error `EEXIST`, to replace a file. */
  readonly isNew?: boolean;
}

/** The file's content is on disk when this returns; until then the old file, or none, is in its place. */
export function writeFileDurably(
  path: string,
  content: string,
  { mode = OWNER_WRITES, isNew = false }: DurableFileOptions = {},
): void {
  const unfinished = unfinishedPath(path);
  rmSync(unfinished, { force: true });
  const file = openSync(unfinished, 'wx', mode);
  try {
    writeAll(file, Buffer.from(content));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  if (isNew) {
    moveToFreePlace(unfinished, path);
  } else {
    renameSync(unfinished, path);
  }
  syncFolder(dirname(path));
}

/** Where a file is written to before it is moved to its place; what is left there by a crash means nothing. */
export function unfinishedPath(path: string): string {
  return `${path}.new`;
}

/** Gets the names in a folder to the disk. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    at += writeSync(file, bytes, at);
  }
}

/** A link, unlike a move, replaces nothing. */
function moveToFreePlace(from: string, to: string): void {
  try {
    linkSync(from, to);
    rmSync(from);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (!NO_LINKS.has(code) || existsSync(to)) {
      rmSync(from, { force: true });
      throw error;
    }
    renameSync(from, to);
  }
}
