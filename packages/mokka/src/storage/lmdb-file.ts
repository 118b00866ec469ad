/**
 * A look at an LMDB data file before the native library maps it.
 *
 * The library trusts the file: one that is no LMDB file, or that lost its tail, would end the process by a signal. So
 * both meta pages are read here first, and a file that is shorter than they say is filled with zeros up to that length,
 * which LMDB allows (pages that are free need not exist) and which turns a lost page into a failed check. Then the trees of
 * the last commit are walked (`lmdb-tree.ts`).
 */
import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { findTreeDamage } from './lmdb-tree.ts';
import { StorageError } from './storage-error.ts';

const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
/** Offsets of fields of `MDB_meta` (lmdb 3.5), from the start of a meta page. */
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_SIZE_AT = 48;
const FREE_ROOT_AT = 88;
const MAIN_ROOT_AT = 136;
const LAST_PAGE_AT = 144;
const TRANSACTION_AT = 152;
const META_BYTES = 168;
const PAGE_SIZE_MIN = 512;
const PAGE_SIZE_MAX = 65_536;

/**
 * Looks at a data file that no process has open for writing, or one of this release's that is `readOnly` meanwhile.
 *
 * @throws {StorageError} `corrupt` when opening it, or reading what it holds, could end the process.
 */
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
    // A commit beside this would change pages while they are looked at.
    if (!readOnly) checkTrees(file, path, first, second);
  } finally {
    await file.close();
  }
}

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly transaction: bigint;
  readonly freeRoot: bigint;
  readonly mainRoot: bigint;
}

/** Of the newer of both commits, which is the one that counts: each is one after the other. */
function checkTrees(file: FileHandle, path: string, first: Meta, second: Meta): void {
  const [older, newer] = first.transaction < second.transaction ? [first, second] : [second, first];
  if (newer.transaction - older.transaction > 1n) {
    throw corrupt(path, 'its last two commits are not in sequence');
  }
  const { pageSize } = newer;
  const damage = findTreeDamage({
    ...newer,
    readPage: (number) => {
      const page = Buffer.allocUnsafe(pageSize);
      const length = readSync(file.fd, page, 0, pageSize, number * pageSize);
      return page.fill(0, length);
    },
  });
  if (damage !== undefined) throw corrupt(path, damage);
}

async function readMeta(file: FileHandle, path: string, at: number): Promise<Meta> {
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
  return {
    pageSize,
    lastPage: Number(page.readBigUInt64LE(LAST_PAGE_AT)),
    transaction: page.readBigUInt64LE(TRANSACTION_AT),
    freeRoot: page.readBigUInt64LE(FREE_ROOT_AT),
    mainRoot: page.readBigUInt64LE(MAIN_ROOT_AT),
  };
}

function corrupt(path: string, reason: string): StorageError {
  return new StorageError(
    'corrupt',
    `${path} is damaged (${reason}): check the disk and replace this node by one with a new key`,
  );
}
