/**
 * The LMDB environment of a chain, opened by the writer or by any reader thread. Reads of one event-loop turn see one
 * committed snapshot; for more, pass a transaction of `snapshot()`.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase, type Transaction } from 'lmdb';
import { ChainError, corruptStore } from '../errors.ts';
import { seal, unseal } from './checksum.ts';
import { TABLES, type TableName } from './schema.ts';

type Table = Database<Uint8Array, Uint8Array>;

const FILE_NAME = 'chain.mdb';
/** Readers at a time: threads of this process and tools beside it. */
const READERS_MAX = 126;

export interface TablesOptions {
  readonly readOnly: boolean;
}

/** A consistent view over several turns. `done` must be called. */
export interface Snapshot {
  readonly transaction: Transaction;
  done(): void;
}

export class Tables {
  readonly #root: RootDatabase<Uint8Array, Uint8Array>;
  readonly #tables: Record<TableName, Table>;

  /**
   * Opens or, unless `readOnly`, creates the environment in `directory`. Throws `ChainError` `no-chain` when a reader
   * finds nothing.
   */
  constructor(directory: string, options: TablesOptions) {
    if (options.readOnly) Tables.requireExisting(directory);
    const path = join(directory, FILE_NAME);
    if (!options.readOnly) mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#root = open<Uint8Array, Uint8Array>({
      path,
      encoding: 'binary',
      keyEncoding: 'binary',
      maxDbs: TABLES.length,
      maxReaders: READERS_MAX,
      // A commit resolves only when it is on disk; nothing acknowledged may be lost to a power cut.
      overlappingSync: false,
      // A commit is one transaction already: waiting for more of the same turn only makes it later.
      eventTurnBatching: false,
      readOnly: options.readOnly,
    });
    this.#tables = Object.fromEntries(
      TABLES.map((name) => [
        name,
        this.#root.openDB<Uint8Array, Uint8Array>(name, {
          encoding: 'binary',
          keyEncoding: 'binary',
        }),
      ]),
    ) as Record<TableName, Table>;
  }

  /** Throws `ChainError` `no-chain`. */
  static requireExisting(directory: string): void {
    if (existsSync(join(directory, FILE_NAME))) return;
    throw new ChainError('no-chain', `there is no chain in ${directory}`);
  }

  /** A value verified by the hash in its key: the caller checks it. */
  get(table: TableName, key: Uint8Array, snapshot?: Snapshot): Uint8Array | undefined {
    return readStored(table, () =>
      snapshot === undefined
        ? this.#tables[table].get(key)
        : this.#tables[table].get(key, { transaction: snapshot.transaction }),
    );
  }

  /** A sealed value, checked. Throws `corrupt-store`. */
  getSealed(table: TableName, key: Uint8Array, snapshot?: Snapshot): Uint8Array | undefined {
    const sealed = this.get(table, key, snapshot);
    return sealed === undefined ? undefined : unseal(table, key, sealed);
  }

  /**
   * For a sealed value that is not there: that it never was. A damaged key still lies between the same two as before, since
   * keys ascend in an intact file, so it is next to the one that was looked for. Throws `corrupt-store`.
   */
  requireAbsent(table: TableName, key: Uint8Array): void {
    for (const reverse of [false, true]) {
      const next = readStored(table, () => [
        ...this.#tables[table].getRange({ start: key, limit: 1, reverse }),
      ]);
      for (const { key: found, value } of next) unseal(table, found, value);
    }
  }

  /** Keys from `start` inclusive to `end` exclusive, in order. */
  keys(
    table: TableName,
    range: { start: Uint8Array; end: Uint8Array },
    snapshot?: Snapshot,
  ): Iterable<Uint8Array> {
    const transaction = snapshot === undefined ? {} : { transaction: snapshot.transaction };
    return this.#tables[table].getKeys({ ...range, ...transaction });
  }

  /** Keys below `end` in falling order, down to `start` exclusive. */
  keysDown(table: TableName, range: { start: Uint8Array; end: Uint8Array }): Iterable<Uint8Array> {
    return this.#tables[table].getKeys({ start: range.end, end: range.start, reverse: true });
  }

  /** The first `limit` keys from `start` on, in order. Throws `corrupt-store`. */
  firstKeys(table: TableName, start: Uint8Array, limit: number): Uint8Array[] {
    return readStored(table, () =>
      [...this.#tables[table].getKeys({ start, limit })].map((key) => Uint8Array.from(key)),
    );
  }

  /** The first `limit` sealed values of a range, in key order, checked. Throws `corrupt-store`. */
  page(
    table: TableName,
    range: { start: Uint8Array; end: Uint8Array },
    limit: number,
    snapshot?: Snapshot,
  ): (readonly [key: Uint8Array, value: Uint8Array])[] {
    const transaction = snapshot === undefined ? {} : { transaction: snapshot.transaction };
    const found = readStored(table, () => [
      ...this.#tables[table].getRange({ ...range, limit, ...transaction }),
    ]);
    return found.map(({ key, value }) => [key, unseal(table, key, value)] as const);
  }

  /**
   * Lets the next read see the latest commit. Without it the snapshot of a turn can live on into a turn that begins within
   * the same millisecond, and a client that was told of a commit would not find it.
   */
  refresh(): void {
    this.#root.resetReadTxn();
  }

  snapshot(): Snapshot {
    const transaction = this.#root.useReadTransaction();
    return { transaction, done: () => transaction.done() };
  }

  /** Runs `write` in one transaction; resolves when it is on disk, rejects with nothing written. */
  async commit(write: (writer: TableWriter) => void): Promise<void> {
    // As a child transaction, so that an exception undoes all writes of the callback.
    await this.#root.childTransaction(() => {
      write({
        put: (table, key, value) => void this.#tables[table].put(key, value),
        putSealed: (table, key, value) => void this.#tables[table].put(key, seal(key, value)),
        remove: (table, key) => void this.#tables[table].remove(key),
        removeRange: (table, range) => {
          for (const key of [...this.#tables[table].getKeys(range)]) {
            void this.#tables[table].remove(key);
          }
        },
      });
    });
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

/** Error numbers of LMDB for a damaged tree: MDB_PAGE_NOTFOUND and MDB_CORRUPTED. */
const DAMAGE_NUMBERS: ReadonlySet<unknown> = new Set([-30797, -30796]);

function readStored<Value>(table: TableName, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    const number = error instanceof Error && 'code' in error ? error.code : undefined;
    if (!DAMAGE_NUMBERS.has(number)) throw error;
    throw corruptStore(`table ${table} can not be read (${error})`, { table });
  }
}

/** Writes inside one transaction. */
export interface TableWriter {
  put(table: TableName, key: Uint8Array, value: Uint8Array): void;
  putSealed(table: TableName, key: Uint8Array, value: Uint8Array): void;
  remove(table: TableName, key: Uint8Array): void;
  /** Keys from `start` inclusive to `end` exclusive. */
  removeRange(table: TableName, range: { start: Uint8Array; end: Uint8Array }): void;
}
