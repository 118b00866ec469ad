/**
 * Storage in memory, for tests and for clusters that live as long as their process.
 *
 * It behaves as the one on disk does: writes are atomic, resolve in order and later than they were asked for, and what
 * it holds is copied in and out. Its contents outlive `close`, so that a test can "restart" a node on them.
 */
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

/** The tables of a memory storage; hand them to a second one to open the same contents again. */
export class MemoryTables {
  readonly numbered: ReadonlyMap<NumberedTable, Map<number, Uint8Array>> = new Map(
    NUMBERED_TABLES.map((table) => [table, new Map<number, Uint8Array>()]),
  );
  readonly records = new Map<string, Uint8Array>();
}

export class MemoryStorage implements Storage {
  readonly #tables: MemoryTables;
  #lastWrite: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(tables: MemoryTables = new MemoryTables()) {
    this.#tables = tables;
  }

  async get(table: NumberedTable, key: number): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    checkKey(key);
    return this.#table(table).get(key)?.slice();
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
    const values = this.#table(table);
    const keys = [...values.keys()].filter((key) => key >= from && key <= to);
    keys.sort((a, b) => a - b);
    const found: NumberedValue[] = [];
    let bytes = 0;
    for (const key of keys) {
      if (found.length >= limits.maxCount || bytes > limits.maxBytes) break;
      const value = values.get(key);
      if (value === undefined) continue;
      found.push({ key, value: value.slice() });
      bytes += value.length;
    }
    return found;
  }

  async lastKey(table: NumberedTable): Promise<number | undefined> {
    this.#assertOpen();
    let last: number | undefined;
    for (const key of this.#table(table).keys()) {
      if (last === undefined || key > last) last = key;
    }
    return last;
  }

  async record(name: string): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    checkRecordName(name);
    return this.#tables.records.get(name)?.slice();
  }

  async records(): Promise<ReadonlyMap<string, Uint8Array>> {
    this.#assertOpen();
    return new Map([...this.#tables.records].map(([name, value]) => [name, value.slice()]));
  }

  async write(operations: readonly StorageOperation[]): Promise<void> {
    this.#assertOpen();
    checkOperations(operations);
    const copied = operations.map(copyOperation);
    // Applied in a later turn, so that code which reads before its write has resolved fails in tests too.
    this.#lastWrite = this.#lastWrite.then(() => {
      for (const operation of copied) this.#apply(operation);
    });
    return this.#lastWrite;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#lastWrite;
  }

  #apply(operation: StorageOperation): void {
    switch (operation.type) {
      case 'put':
        this.#table(operation.table).set(operation.key, operation.value);
        break;
      case 'delete':
        this.#table(operation.table).delete(operation.key);
        break;
      case 'delete-from':
        this.#deleteWhere(operation.table, (key) => key >= operation.from);
        break;
      case 'delete-below':
        this.#deleteWhere(operation.table, (key) => key < operation.below);
        break;
      case 'put-record':
        this.#tables.records.set(operation.name, operation.value);
        break;
      case 'delete-record':
        this.#tables.records.delete(operation.name);
        break;
    }
  }

  #deleteWhere(table: NumberedTable, matches: (key: number) => boolean): void {
    const values = this.#table(table);
    for (const key of [...values.keys()]) {
      if (matches(key)) values.delete(key);
    }
  }

  #table(table: NumberedTable): Map<number, Uint8Array> {
    const values = this.#tables.numbered.get(table);
    if (values === undefined) {
      throw new StorageError('invalid-operation', `there is no table ${JSON.stringify(table)}`);
    }
    return values;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError('closed', 'the storage is closed');
  }
}

function copyOperation(operation: StorageOperation): StorageOperation {
  return 'value' in operation ? { ...operation, value: operation.value.slice() } : operation;
}
