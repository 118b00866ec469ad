/**
 * Durable storage in one LMDB environment.
 *
 * A write resolves when its transaction is committed and synced (`overlappingSync: false`: fdatasync of the pages, then
 * a synchronous write of the meta page). Transactions run on the library's own thread, one at a time, and share syncs
 * (`GroupCommit`).
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { decodeChecked, encodeChecked } from './checked-value.ts';
import { GroupCommit, type WriteStep } from './group-commit.ts';
import { checkLmdbFile } from './lmdb-file.ts';
import { transact } from './lmdb-transaction.ts';
import { makeFolder } from './make-folder.ts';
import {
  checkKey,
  checkLimits,
  checkOperations,
  checkRecordName,
  NUMBERED_TABLES,
} from './operation-check.ts';
import type {
  NumberedTable,
  NumberedValue,
  RangeLimits,
  Storage,
  StorageOperation,
} from './storage.ts';
import { StorageError } from './storage-error.ts';
import { syncFolder } from './sync-folder.ts';

/** Version of the tables and encodings below; raised by every change that an older release can not read. */
export const STORAGE_FORMAT_VERSION = 1;

const FILE_NAME = 'consensus.lmdb';
const FOLDER_MODE = 0o700;
const KEY_BYTES = 8;
const FORMAT_KEY = Buffer.from('format');
/** Tables by their number in checksums, which must never change; records and the format follow. */
const TABLE_NUMBERS: Readonly<Record<NumberedTable, number>> = {
  entries: 0,
  certificates: 1,
  votes: 2,
  proofs: 3,
  // 4 and 5 are taken below.
  'commit-votes': 6,
  evidence: 7,
  memberships: 8,
};
const RECORDS_NUMBER = 4;
const FORMAT_NUMBER = 5;
/** Error numbers of LMDB for a damaged tree: MDB_PAGE_NOTFOUND and MDB_CORRUPTED. */
const DAMAGE_NUMBERS: ReadonlySet<unknown> = new Set([-30797, -30796]);

type Table = Database<Buffer, Buffer>;

interface Tables {
  readonly environment: RootDatabase<Buffer, Buffer>;
  readonly numbered: ReadonlyMap<NumberedTable, Table>;
  readonly records: Table;
  readonly format: Table;
}

export interface LmdbOpenOptions {
  /** For looking at the store of a node, which may run meanwhile: nothing is changed, and writes are refused. */
  readonly readOnly?: boolean;
}

/** The storage for validators: one folder, one environment, made once with `create`. */
export class LmdbStorage implements Storage {
  readonly #tables: Tables;
  readonly #commits: GroupCommit;
  #closing: Promise<void> | undefined;

  private constructor(tables: Tables) {
    this.#tables = tables;
    this.#commits = new GroupCommit((action) => transact(tables.environment, action));
  }

  /**
   * Makes a new, empty store in a folder, which is made too. Rule *durability*: nothing but the operator's `init`
   * may do this, since a validator without its store has forgotten its promises.
   *
   * @throws {StorageError} `exists` when there is one already.
   */
  static async create(folder: string): Promise<LmdbStorage> {
    await makeFolder(folder, FOLDER_MODE);
    const path = join(folder, FILE_NAME);
    if (await exists(path)) await checkLmdbFile(path);
    const tables = readStored(() => openTables(path));
    if (tables.format.getBinary(FORMAT_KEY) !== undefined) {
      await tables.environment.close();
      throw new StorageError('exists', `${folder} already holds a store; it is left as it is`);
    }
    const version = Buffer.alloc(4);
    version.writeUInt32BE(STORAGE_FORMAT_VERSION);
    await transact(tables.environment, () => {
      tables.format.put(FORMAT_KEY, encodeChecked(FORMAT_NUMBER, FORMAT_KEY, version));
    });
    await syncFolder(folder);
    return new LmdbStorage(tables);
  }

  /**
   * Opens the store of a folder.
   *
   * @throws {StorageError} `missing` when there is none (or its creation never finished), `newer-format`, `corrupt`.
   */
  static async open(
    folder: string,
    { readOnly = false }: LmdbOpenOptions = {},
  ): Promise<LmdbStorage> {
    const path = join(folder, FILE_NAME);
    const missing = new StorageError(
      'missing',
      `${folder} holds no store: run init for a new node; a node whose store was lost must come back with a new key`,
    );
    if (!(await exists(path))) throw missing;
    await checkLmdbFile(path, { readOnly });
    const tables = readStored(() => openTables(path, readOnly));
    try {
      const stored = readStored(() => tables.format.getBinary(FORMAT_KEY));
      if (stored === undefined) throw missing;
      const version = Buffer.from(decodeChecked(FORMAT_NUMBER, FORMAT_KEY, stored)).readUInt32BE();
      if (version > STORAGE_FORMAT_VERSION) {
        throw new StorageError(
          'newer-format',
          `${folder} was written in format ${version}, this release reads up to ${STORAGE_FORMAT_VERSION}: ` +
            'use the release that wrote it or a later one',
        );
      }
    } catch (error) {
      await tables.environment.close();
      throw error;
    }
    return new LmdbStorage(tables);
  }

  async get(table: NumberedTable, key: number): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    checkKey(key);
    const keyBytes = encodeKey(key);
    const stored = readStored(() => this.#table(table).getBinary(keyBytes));
    return stored === undefined ? undefined : decodeChecked(TABLE_NUMBERS[table], keyBytes, stored);
  }

  async range(
    table: NumberedTable,
    from: number,
    to: number,
    limits: RangeLimits,
  ): Promise<readonly NumberedValue[]> {
    this.#assertOpen();
    checkKey(from);
    checkKey(to);
    checkLimits(limits);
    return readStored(() => {
      const found: NumberedValue[] = [];
      let bytes = 0;
      const source = this.#table(table);
      for (const keyBytes of source.getKeys({ start: encodeKey(from) })) {
        const key = decodeKey(keyBytes);
        if (key > to || found.length >= limits.maxCount || bytes > limits.maxBytes) break;
        const stored = source.getBinary(keyBytes);
        if (stored === undefined) continue;
        const value = decodeChecked(TABLE_NUMBERS[table], keyBytes, stored);
        found.push({ key, value });
        bytes += value.length;
      }
      return found;
    });
  }

  async lastKey(table: NumberedTable): Promise<number | undefined> {
    this.#assertOpen();
    return readStored(() => {
      for (const key of this.#table(table).getKeys({ reverse: true, limit: 1 })) {
        return decodeKey(key);
      }
      return undefined;
    });
  }

  async record(name: string): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    checkRecordName(name);
    const key = Buffer.from(name);
    const stored = readStored(() => this.#tables.records.getBinary(key));
    return stored === undefined ? undefined : decodeChecked(RECORDS_NUMBER, key, stored);
  }

  async records(): Promise<ReadonlyMap<string, Uint8Array>> {
    this.#assertOpen();
    return readStored(() => {
      const found = new Map<string, Uint8Array>();
      for (const key of this.#tables.records.getKeys()) {
        const stored = this.#tables.records.getBinary(key);
        if (stored === undefined) continue;
        found.set(Buffer.from(key).toString(), decodeChecked(RECORDS_NUMBER, key, stored));
      }
      return found;
    });
  }

  /**
   * As in {@link Storage.write}. After one failed write all later ones are refused.
   *
   * @throws {StorageError} `invalid-operation` (nothing is written and the storage stays usable), `write-failed`,
   * `poisoned`, `closed`.
   */
  async write(operations: readonly StorageOperation[]): Promise<void> {
    this.#assertOpen();
    this.#commits.assertUsable();
    checkOperations(operations);
    const steps = operations.map((operation) => this.#step(operation));
    const bytes = operations.reduce(
      (sum, operation) => sum + ('value' in operation ? operation.value.length : 0),
      0,
    );
    return this.#commits.write(steps, bytes);
  }

  /** Waits for queued writes. */
  async close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#commits.drain();
      await this.#tables.environment.close();
    })();
    return this.#closing;
  }

  /** Encodes an operation now, so that later changes of the caller's bytes do not matter. */
  #step(operation: StorageOperation): WriteStep {
    switch (operation.type) {
      case 'put': {
        const table = this.#table(operation.table);
        const key = encodeKey(operation.key);
        const stored = encodeChecked(TABLE_NUMBERS[operation.table], key, operation.value);
        return () => table.put(key, stored);
      }
      case 'delete': {
        const table = this.#table(operation.table);
        const key = encodeKey(operation.key);
        return () => table.remove(key);
      }
      case 'delete-from': {
        const table = this.#table(operation.table);
        const start = encodeKey(operation.from);
        return () => removeAll(table, [...table.getKeys({ start })]);
      }
      case 'delete-below': {
        const table = this.#table(operation.table);
        const end = encodeKey(operation.below);
        return () => removeAll(table, [...table.getKeys({ end })]);
      }
      case 'put-record': {
        const key = Buffer.from(operation.name);
        const stored = encodeChecked(RECORDS_NUMBER, key, operation.value);
        return () => this.#tables.records.put(key, stored);
      }
      case 'delete-record': {
        const key = Buffer.from(operation.name);
        return () => this.#tables.records.remove(key);
      }
    }
  }

  #table(name: NumberedTable): Table {
    const table = this.#tables.numbered.get(name);
    if (table === undefined) {
      throw new StorageError('invalid-operation', `there is no table ${JSON.stringify(name)}`);
    }
    return table;
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new StorageError('closed', 'the storage is closed');
  }
}

function openTables(path: string, readOnly = false): Tables {
  const encodings = { keyEncoding: 'binary', encoding: 'binary' } as const;
  const environment = open<Buffer, Buffer>({
    path,
    noSubdir: true,
    overlappingSync: false,
    eventTurnBatching: false,
    readOnly,
    maxDbs: NUMBERED_TABLES.length + 2,
    ...encodings,
  });
  const openTable = (name: string): Table => environment.openDB({ name, ...encodings });
  return {
    environment,
    numbered: new Map(NUMBERED_TABLES.map((name) => [name, openTable(name)])),
    records: openTable('records'),
    format: openTable('format'),
  };
}

function removeAll(table: Table, keys: readonly Buffer[]): void {
  for (const key of keys) table.remove(key);
}

/** @throws {StorageError} `corrupt` when the library finds its tree damaged, `read-failed` for any other failure. */
function readStored<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof StorageError) throw cause;
    const number = typeof cause === 'object' && cause !== null && 'code' in cause ? cause.code : 0;
    const code = DAMAGE_NUMBERS.has(number) ? 'corrupt' : 'read-failed';
    throw new StorageError(
      code,
      `reading the store failed (${cause instanceof Error ? cause.message : String(cause)}): check the disk; ` +
        'if the store is damaged, replace this node by one with a new key',
      { cause },
    );
  }
}

function encodeKey(key: number): Buffer {
  const bytes = Buffer.allocUnsafe(KEY_BYTES);
  bytes.writeBigUInt64BE(BigInt(key));
  return bytes;
}

function decodeKey(bytes: Uint8Array): number {
  return Number(Buffer.from(bytes).readBigUInt64BE());
}

/** An empty file is what a crash leaves that interrupts a creation at once. */
async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}
