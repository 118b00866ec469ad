/**
 * What every `Storage` must do, as tests that its implementations share.
 *
 * Imported by their test files only.
 */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryStorage } from './memory.ts';
import { NUMBERED_TABLES } from './operation-check.ts';
import type { NumberedTable, Storage, StorageOperation } from './storage.ts';

/** A store under test: opened again after `close`, it must hold what was written. */
export interface StorageUnderTest {
  open(): Promise<Storage>;
  /** Removes whatever the store left behind. */
  dispose(): Promise<void>;
}

const NO_LIMITS = { maxCount: 1_000_000, maxBytes: 1_000_000_000 };
const TABLES: readonly NumberedTable[] = NUMBERED_TABLES;

/** Registers the tests; call inside `describe`. `create` makes a new empty store each time. */
export function describeStorage(create: () => Promise<StorageUnderTest>): void {
  const withStore = async (body: (storage: Storage) => Promise<void>): Promise<void> => {
    const store = await create();
    const storage = await store.open();
    try {
      await body(storage);
    } finally {
      await storage.close();
      await store.dispose();
    }
  };

  it('holds nothing at first', () =>
    withStore(async (storage) => {
      for (const table of TABLES) {
        expect(await storage.get(table, 0)).toBeUndefined();
        expect(await storage.lastKey(table)).toBeUndefined();
        expect(await storage.range(table, 0, Number.MAX_SAFE_INTEGER, NO_LIMITS)).toEqual([]);
      }
      expect(await storage.record('absent')).toBeUndefined();
      expect(await storage.records()).toEqual(new Map());
    }));

  it('orders keys by number, beyond 32 bits too', () =>
    withStore(async (storage) => {
      const keys = [256, 1, 2 ** 40, 0, 255, 2 ** 32, Number.MAX_SAFE_INTEGER, 2, 65_536];
      await storage.write(keys.map((key) => put('entries', key, `${key}`)));
      const found = await storage.range('entries', 0, Number.MAX_SAFE_INTEGER, NO_LIMITS);
      expect(found.map(({ key }) => key)).toEqual([...keys].sort((a, b) => a - b));
      expect(found.map(({ value }) => text(value))).toEqual(
        [...keys].sort((a, b) => a - b).map(String),
      );
      expect(await storage.lastKey('entries')).toBe(Number.MAX_SAFE_INTEGER);
    }));

  it('keeps tables and records apart', () =>
    withStore(async (storage) => {
      await storage.write([
        ...TABLES.map((table) => put(table, 7, table)),
        { type: 'put-record', name: 'seven', value: bytes('record') },
      ]);
      for (const table of TABLES) expect(text(await storage.get(table, 7))).toBe(table);
      await storage.write([{ type: 'delete-from', table: 'votes', from: 0 }]);
      expect(await storage.get('votes', 7)).toBeUndefined();
      expect(text(await storage.get('entries', 7))).toBe('entries');
      expect(text(await storage.record('seven'))).toBe('record');
    }));

  it('takes range ends as part of the range and respects limits', () =>
    withStore(async (storage) => {
      await storage.write([1, 2, 3, 4, 5].map((key) => put('entries', key, 'x'.repeat(10))));
      const keysOf = async (from: number, to: number, maxCount: number, maxBytes: number) =>
        (await storage.range('entries', from, to, { maxCount, maxBytes })).map(({ key }) => key);
      expect(await keysOf(2, 4, 9, 999)).toEqual([2, 3, 4]);
      expect(await keysOf(4, 4, 9, 999)).toEqual([4]);
      expect(await keysOf(4, 3, 9, 999)).toEqual([]);
      expect(await keysOf(1, 5, 2, 999)).toEqual([1, 2]);
      expect(await keysOf(1, 5, 9, 1)).toEqual([1]);
      // The value that passes the limit is the last; one that only reaches it is not.
      expect(await keysOf(1, 5, 9, 20)).toEqual([1, 2, 3]);
      expect(await keysOf(1, 5, 9, 19)).toEqual([1, 2]);
    }));

  it('applies the operations of a write in their order', () =>
    withStore(async (storage) => {
      await storage.write([put('entries', 1, 'a'), put('entries', 2, 'a'), put('entries', 9, 'a')]);
      await storage.write([
        { type: 'delete-from', table: 'entries', from: 2 },
        put('entries', 2, 'b'),
        put('entries', 3, 'b'),
        { type: 'delete-below', table: 'entries', below: 2 },
        put('entries', 0, 'b'),
        { type: 'delete', table: 'entries', key: 3 },
        { type: 'delete', table: 'entries', key: 77 },
        { type: 'put-record', name: 'n', value: bytes('1') },
        { type: 'delete-record', name: 'n' },
        { type: 'delete-record', name: 'never there' },
      ]);
      const found = await storage.range('entries', 0, 99, NO_LIMITS);
      expect(found.map(({ key, value }) => [key, text(value)])).toEqual([
        [0, 'b'],
        [2, 'b'],
      ]);
      expect(await storage.records()).toEqual(new Map());
    }));

  it('keeps empty and large values exactly', () =>
    withStore(async (storage) => {
      const large = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 31 + (i >> 8)) & 255);
      await storage.write([
        { type: 'put', table: 'entries', key: 1, value: large },
        { type: 'put', table: 'entries', key: 2, value: new Uint8Array() },
      ]);
      expect(Buffer.compare((await storage.get('entries', 1)) ?? bytes(''), large)).toBe(0);
      expect((await storage.get('entries', 2))?.length).toBe(0);
    }));

  it('copies values in and out', () =>
    withStore(async (storage) => {
      const value = bytes('before');
      const written = storage.write([{ type: 'put', table: 'entries', key: 1, value }]);
      value.fill(0);
      await written;
      const first = await storage.get('entries', 1);
      expect(text(first)).toBe('before');
      first?.fill(0);
      expect(text(await storage.get('entries', 1))).toBe('before');
      const [ranged] = await storage.range('entries', 1, 1, NO_LIMITS);
      await storage.write([put('entries', 1, 'after!')]);
      expect(text(ranged?.value)).toBe('before');
    }));

  it('resolves writes in the order in which they were asked for', () =>
    withStore(async (storage) => {
      const resolved: number[] = [];
      const writes = Array.from({ length: 100 }, (_, i) => {
        const size = i % 7 === 0 ? 100_000 : 10;
        return storage.write([put('entries', i, 'x'.repeat(size))]).then(() => {
          resolved.push(i);
        });
      });
      await Promise.all(writes);
      expect(resolved).toEqual(Array.from({ length: 100 }, (_, i) => i));
    }));

  it('refuses a write that has one impossible operation as a whole', () =>
    withStore(async (storage) => {
      for (const key of [-1, 1.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1]) {
        const write = storage.write([put('entries', 1, 'x'), put('entries', key, 'x')]);
        await expect(write).rejects.toMatchObject({ code: 'invalid-operation' });
      }
      for (const name of ['', 'n'.repeat(257)]) {
        const write = storage.write([
          put('entries', 1, 'x'),
          { type: 'put-record', name, value: bytes('x') },
        ]);
        await expect(write).rejects.toMatchObject({ code: 'invalid-operation' });
      }
      expect(await storage.get('entries', 1)).toBeUndefined();
      await storage.write([put('entries', 1, 'still usable')]);
      expect(text(await storage.get('entries', 1))).toBe('still usable');
    }));

  it('refuses every use after close, and closes twice', () =>
    withStore(async (storage) => {
      const pending = storage.write([put('entries', 1, 'x')]);
      await storage.close();
      await pending;
      await storage.close();
      const closed = { code: 'closed' };
      await expect(storage.write([put('entries', 1, 'x')])).rejects.toMatchObject(closed);
      await expect(storage.get('entries', 1)).rejects.toMatchObject(closed);
      await expect(storage.range('entries', 0, 1, NO_LIMITS)).rejects.toMatchObject(closed);
      await expect(storage.lastKey('entries')).rejects.toMatchObject(closed);
      await expect(storage.record('x')).rejects.toMatchObject(closed);
      await expect(storage.records()).rejects.toMatchObject(closed);
    }));

  it('holds after close and reopen what any sequence of writes left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(operation(), { maxLength: 6 }), { maxLength: 8 }), (w) =>
        holdsAfterReopen(create, w),
      ),
      { numRuns: 25 },
    );
  });
}

/** Compares a store with plain maps, which are too simple to be wrong, before and after it is opened again. */
async function holdsAfterReopen(
  create: () => Promise<StorageUnderTest>,
  writes: readonly (readonly StorageOperation[])[],
): Promise<void> {
  const twin = new MemoryStorage();
  const store = await create();
  try {
    let storage = await store.open();
    for (const operations of writes) {
      await storage.write(operations);
      await twin.write(operations);
    }
    expect(await contents(storage)).toEqual(await contents(twin));
    await storage.close();
    storage = await store.open();
    expect(await contents(storage)).toEqual(await contents(twin));
    await storage.close();
  } finally {
    await store.dispose();
  }
}

async function contents(storage: Storage): Promise<unknown> {
  const tables: Record<string, unknown> = {};
  for (const table of TABLES) {
    const found = await storage.range(table, 0, Number.MAX_SAFE_INTEGER, NO_LIMITS);
    tables[table] = found.map(({ key, value }) => [key, text(value)]);
    expect(await storage.lastKey(table)).toBe(found.at(-1)?.key);
  }
  const records = [...(await storage.records())].map(([name, value]) => [name, text(value)]);
  return { tables, records: records.sort() };
}

function operation(): fc.Arbitrary<StorageOperation> {
  const table = fc.constantFrom(...TABLES);
  const key = fc.oneof(fc.nat(12), fc.constantFrom(255, 256, 65_536, 2 ** 32 + 1));
  const name = fc.constantFrom('term', 'lock', 'a/b', 'é');
  const value = fc.uint8Array({ maxLength: 40 });
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ type: fc.constant('put' as const), table, key, value }) },
    fc.record({ type: fc.constant('delete' as const), table, key }),
    fc.record({ type: fc.constant('delete-from' as const), table, from: key }),
    fc.record({ type: fc.constant('delete-below' as const), table, below: key }),
    fc.record({ type: fc.constant('put-record' as const), name, value }),
    fc.record({ type: fc.constant('delete-record' as const), name }),
  );
}

function put(table: NumberedTable, key: number, value: string): StorageOperation {
  return { type: 'put', table, key, value: bytes(value) };
}

function bytes(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function text(value: Uint8Array | undefined): string {
  return value === undefined ? '(absent)' : Buffer.from(value).toString('latin1');
}
