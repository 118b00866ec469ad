/**
 * A look at an LMDB data file before the native library maps it.
 *
 * The library trusts the file: one that is no LMDB file, or that lost its tail, would end the process by a signal. So
 * both meta pages are read here first, and a file that is shorter than they say is filled with zeros up to that length,
 * which LMDB allows (pages that are free need not exist) and which turns a lost page into a failed check.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { StorageError } from './storage-error.ts';

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
/** Offsets of fields of `MDB_meta` (lmdb 3.5), from the start of a meta page. */
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const META_BYTES = 168;
const PAGE_SIZE_MIN = 512;
const PAGE_SIZE_MAX = 65_536;

/** @throws {StorageError} `corrupt` when the file can not be what `LmdbStorage` wrote. */
export async function checkLmdbFile(
  path: string,
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): Promise<void> {
  const file = await open(path, readOnly ? 'r' : 'r+');
  try {
    const first = await readMeta(file, path, 0);
    const second = await readMeta(file, path, first.pageSize);
    const needed = (Math.max(first.lastPage, second.lastPage) + 1) * first.pageSize;
    const { size } = await file.stat();
    if (!Number.isSafeInteger(needed)) throw corrupt(path, 'its length is impossible');
    if (size < needed) {
      if (readOnly) throw corrupt(path, 'it is cut short');
      await file.truncate(needed);
      await file.sync();
    }
  } finally {
    await file.close();
  }
}

async function readMeta(
  file: FileHandle,
  path: string,
  at: number,
): Promise<{ readonly pageSize: number; readonly lastPage: number }> {
  const page = Buffer.alloc(META_BYTES);
  const { bytesRead } = await file.read(page, 0, META_BYTES, at);
  if (bytesRead < META_BYTES) throw corrupt(path, 'it is cut short');
  if (page.readUInt32LE(MAGIC_AT) !== MAGIC || page.readUInt32LE(VERSION_AT) !== DATA_VERSION) {
    throw corrupt(path, 'it does not start as an LMDB file does');
  }
  const pageSize = page.readUInt32LE(PAGE_SIZE_AT);
  const isPowerOfTwo = (pageSize & (pageSize - 1)) === 0;
  if (!isPowerOfTwo || pageSize < PAGE_SIZE_MIN || pageSize > PAGE_SIZE_MAX) {
    throw corrupt(path, 'its page size is impossible');
  }
  return { pageSize, lastPage: Number(page.readBigUInt64LE(LAST_PAGE_AT)) };
}

function corrupt(path: string, reason: string): StorageError {
  return new StorageError(
    'corrupt',
    `${path} is damaged (${reason}): check the disk and replace this node by one with a new key`,
  );
}
