import { describe, expect, it } from 'vitest';
import { describeStorage } from './conformance.test.suite.ts';
import { MemoryStorage, MemoryTables } from './memory.ts';

describe('MemoryStorage', () => {
  describeStorage(async () => {
    const tables = new MemoryTables();
    return {
      open: async () => new MemoryStorage(tables),
      dispose: async () => undefined,
    };
  });

  it('does not show a write before it resolves', async () => {
    const storage = new MemoryStorage();
    const written = storage.write([
      { type: 'put', table: 'entries', key: 1, value: new Uint8Array([1]) },
    ]);
    const early = await storage.get('entries', 1);
    await written;
    expect(early).toBeUndefined();
    expect(await storage.get('entries', 1)).toEqual(new Uint8Array([1]));
  });
});
