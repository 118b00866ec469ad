/**
 * A virtual disk: atomic writes that are synced in order after a while, and that a crash can undo.
 *
 * A crash keeps everything synced. Of the writes in flight it keeps a random prefix, since a write may have reached
 * the platter although nobody was told.
 */
import { NUMBERED_TABLES } from '../../storage/operation-check.ts';
import type {
  NumberedTable,
  NumberedValue,
  RangeLimits,
  Storage,
  StorageOperation,
} from '../../storage/storage.ts';
import type { Random } from './random.ts';
import type { Timeline } from './timeline.ts';

const TABLES: readonly NumberedTable[] = NUMBERED_TABLES;

interface Write {
  readonly operations: readonly StorageOperation[];
  readonly onSynced: () => void;
}

/** What a disk holds for sure. */
class DiskContent {
  readonly tables: Readonly<Record<NumberedTable, Map<number, Uint8Array>>> = {
    entries: new Map(),
    certificates: new Map(),
    votes: new Map(),
    'commit-votes': new Map(),
    proofs: new Map(),
    evidence: new Map(),
  };
  readonly records = new Map<string, Uint8Array>();

  apply(operation: StorageOperation): void {
    switch (operation.type) {
      case 'put':
        this.tables[operation.table].set(operation.key, operation.value);
        return;
      case 'delete':
        this.tables[operation.table].delete(operation.key);
        return;
      case 'delete-from':
        this.#deleteWhere(operation.table, (key) => key >= operation.from);
        return;
      case 'delete-below':
        this.#deleteWhere(operation.table, (key) => key < operation.below);
        return;
      case 'put-record':
        this.records.set(operation.name, operation.value);
        return;
      case 'delete-record':
        this.records.delete(operation.name);
        return;
    }
  }

  #deleteWhere(table: NumberedTable, isDeleted: (key: number) => boolean): void {
    for (const key of this.tables[table].keys()) {
      if (isDeleted(key)) this.tables[table].delete(key);
    }
  }

  isEmpty(): boolean {
    return this.records.size === 0 && TABLES.every((table) => this.tables[table].size === 0);
  }
}

export class VirtualDisk implements Storage {
  readonly content = new DiskContent();
  /** Mean milliseconds until a write is synced; changes while faults strike. */
  meanSync: number;
  /** Told of each atomic write once it is synced, before its owner is. */
  onSynced: (operations: readonly StorageOperation[]) => void = () => {};
  readonly #timeline: Timeline;
  readonly #random: Random;
  #inFlight: Write[] = [];
  #lastSync = 0;
  #generation = 0;

  constructor(timeline: Timeline, random: Random, meanSync: number) {
    this.#timeline = timeline;
    this.#random = random;
    this.meanSync = meanSync;
  }

  /** Queues a write; `onSynced` is called once it is on the disk, unless a crash comes first. */
  submit(operations: readonly StorageOperation[], onSynced: () => void): void {
    const write = { operations, onSynced };
    this.#inFlight.push(write);
    const ready = this.#timeline.now + this.#random.exponential(this.meanSync);
    this.#lastSync = Math.max(this.#lastSync, ready);
    const generation = this.#generation;
    this.#timeline.at(this.#lastSync, () => {
      if (generation !== this.#generation) return;
      this.#inFlight.shift();
      this.#sync(write);
      write.onSynced();
    });
  }

  /** Power is cut: of the writes in flight a random prefix survives. Returns how many were lost. */
  crash(): number {
    const surviving = this.#random.integer(0, this.#inFlight.length);
    for (const write of this.#inFlight.slice(0, surviving)) this.#sync(write);
    const lost = this.#inFlight.length - surviving;
    this.#inFlight = [];
    this.#generation += 1;
    this.#lastSync = 0;
    return lost;
  }

  #sync(write: Write): void {
    for (const operation of write.operations) this.content.apply(operation);
    this.onSynced(write.operations);
  }

  /** Synchronous form of `range`. */
  read(table: NumberedTable, from: number, to: number, limits: RangeLimits): NumberedValue[] {
    const values: NumberedValue[] = [];
    let bytes = 0;
    const stored = this.content.tables[table];
    const keys = [...stored.keys()].filter((key) => key >= from && key <= to);
    for (const key of keys.sort((left, right) => left - right)) {
      const value = stored.get(key);
      if (value === undefined || values.length >= limits.maxCount) break;
      values.push({ key, value });
      bytes += value.length;
      if (bytes > limits.maxBytes) break;
    }
    return values;
  }

  async get(table: NumberedTable, key: number): Promise<Uint8Array | undefined> {
    return this.content.tables[table].get(key);
  }

  async range(
    table: NumberedTable,
    from: number,
    to: number,
    limits: RangeLimits,
  ): Promise<readonly NumberedValue[]> {
    return this.read(table, from, to, limits);
  }

  async lastKey(table: NumberedTable): Promise<number | undefined> {
    const keys = [...this.content.tables[table].keys()];
    return keys.length === 0 ? undefined : Math.max(...keys);
  }

  async record(name: string): Promise<Uint8Array | undefined> {
    return this.content.records.get(name);
  }

  async records(): Promise<ReadonlyMap<string, Uint8Array>> {
    return new Map(this.content.records);
  }

  /** Synced at once: only what prepares a disk before the first boot is written this way. */
  async write(operations: readonly StorageOperation[]): Promise<void> {
    this.#sync({ operations, onSynced: () => {} });
  }

  async close(): Promise<void> {}
}
