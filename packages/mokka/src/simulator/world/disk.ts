/**
 * A virtual disk: atomic writes that are synced in order after a while, and that a crash can undo.
 *
 * A crash keeps everything synced. Of the writes in flight it keeps a random prefix, since a write may have reached
 * the platter although nobody was told; the first one lost is torn, which the contract of `Storage` makes the same as lost.
 * A disk can be full, lose a bit of what it stored, or be replaced by an empty one.
 */
import { decodeChecked, encodeChecked } from '../../storage/checked-value.ts';
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

/** What a power cut did to the writes in flight. */
export interface CrashedWrites {
  readonly lost: number;
  /** Never reported as synced, and there all the same. */
  readonly kept: number;
}

/** Table number of named records, as on a real disk. */
const RECORD_TABLE = 0;

/** What a disk holds for sure. */
class DiskContent {
  readonly tables: Readonly<Record<NumberedTable, Map<number, Uint8Array>>> = {
    entries: new Map(),
    certificates: new Map(),
    votes: new Map(),
    'commit-votes': new Map(),
    proofs: new Map(),
    evidence: new Map(),
    memberships: new Map(),
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
  /** While the disk is full every write fails. */
  isFull = false;
  /** Told of a write that failed; nothing behind it is written. */
  onFailed: () => void = () => {};
  /** Stored bytes that are not what was written, by place. */
  readonly #damaged = new Map<string, { table: number; key: Uint8Array; stored: Uint8Array }>();

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
      if (this.isFull) {
        this.#forget();
        this.onFailed();
        return;
      }
      this.#inFlight.shift();
      this.#sync(write);
      write.onSynced();
    });
  }

  /** Power is cut: of the writes in flight a random prefix survives. */
  crash(): CrashedWrites {
    const kept = this.isFull ? 0 : this.#random.integer(0, this.#inFlight.length);
    for (const write of this.#inFlight.slice(0, kept)) this.#sync(write);
    const lost = this.#inFlight.length - kept;
    this.#forget();
    return { lost, kept };
  }

  #forget(): void {
    this.#inFlight = [];
    this.#generation += 1;
    this.#lastSync = 0;
  }

  /** One bit of one stored value flips; the place, or null on an empty disk. */
  damage(): string | null {
    const places = [
      ...TABLES.flatMap((table) =>
        [...this.content.tables[table].keys()].map((key) => ({ table, key: String(key) })),
      ),
      ...[...this.content.records.keys()].map((key) => ({ table: 'record' as const, key })),
    ];
    if (places.length === 0) return null;
    const { table, key } = this.#random.pick(places);
    const value =
      table === 'record'
        ? this.content.records.get(key)
        : this.content.tables[table].get(Number(key));
    if (value === undefined) return null;
    const place = { table: tableNumber(table), key: Buffer.from(key, 'latin1') };
    const stored = encodeChecked(place.table, place.key, value);
    const at = this.#random.integer(0, stored.length - 1);
    stored[at] = (stored[at] ?? 0) ^ (1 << this.#random.integer(0, 7));
    this.#damaged.set(`${table}/${key}`, { ...place, stored });
    return `${table}/${key}`;
  }

  /** Everything is gone: a new disk in place of the old one. */
  wipe(): void {
    for (const table of TABLES) this.content.tables[table].clear();
    this.content.records.clear();
    this.#damaged.clear();
  }

  /** What is stored at a place. Throws `StorageError` when a bit of it flipped. */
  #checked(table: NumberedTable | 'record', key: number | string, value: Uint8Array): Uint8Array {
    if (this.#damaged.size === 0) return value;
    const damaged = this.#damaged.get(`${table}/${key}`);
    if (damaged === undefined) return value;
    return decodeChecked(damaged.table, damaged.key, damaged.stored);
  }

  #sync(write: Write): void {
    for (const operation of write.operations) {
      this.content.apply(operation);
      if (this.#damaged.size > 0) this.#overwrite(operation);
    }
    this.onSynced(write.operations);
  }

  /** New bytes take the place of damaged ones. */
  #overwrite(operation: StorageOperation): void {
    if (operation.type === 'put') this.#damaged.delete(`${operation.table}/${operation.key}`);
    if (operation.type === 'put-record') this.#damaged.delete(`record/${operation.name}`);
  }

  /** Synchronous form of `range`. Throws `StorageError` for a damaged value. */
  read(table: NumberedTable, from: number, to: number, limits: RangeLimits): NumberedValue[] {
    const values: NumberedValue[] = [];
    let bytes = 0;
    const stored = this.content.tables[table];
    const keys: number[] = [];
    for (const key of stored.keys()) if (key >= from && key <= to) keys.push(key);
    for (const key of keys.sort((left, right) => left - right)) {
      const value = stored.get(key);
      if (value === undefined || values.length >= limits.maxCount) break;
      values.push({ key, value: this.#checked(table, key, value) });
      bytes += value.length;
      if (bytes > limits.maxBytes) break;
    }
    return values;
  }

  async get(table: NumberedTable, key: number): Promise<Uint8Array | undefined> {
    const value = this.content.tables[table].get(key);
    return value === undefined ? undefined : this.#checked(table, key, value);
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
    const value = this.content.records.get(name);
    return value === undefined ? undefined : this.#checked('record', name, value);
  }

  async records(): Promise<ReadonlyMap<string, Uint8Array>> {
    return new Map(
      [...this.content.records].map(([name, value]) => [
        name,
        this.#checked('record', name, value),
      ]),
    );
  }

  /** Synced at once: only what prepares a disk before the first boot is written this way. */
  async write(operations: readonly StorageOperation[]): Promise<void> {
    this.#sync({ operations, onSynced: () => {} });
  }

  async close(): Promise<void> {}
}

function tableNumber(table: NumberedTable | 'record'): number {
  return table === 'record' ? RECORD_TABLE : TABLES.indexOf(table) + 1;
}
