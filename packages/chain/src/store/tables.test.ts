import { join } from 'node:path';
import { open } from 'lmdb';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Chain } from '../chain.ts';
import { bytesOf } from '../primitives.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { testGenesis } from '../testing/test-chain.ts';
import { readBlock, readHeader } from './block-records.ts';
import { metaKey, type TableName } from './schema.ts';
import { Tables } from './tables.ts';

async function writable(): Promise<Tables> {
  const tables = new Tables(temporaryFolder(), { readOnly: false });
  onTestFinished(() => tables.close());
  return tables;
}

/** Turns one bit of a stored value over, as a failing disk does. */
async function damage(folder: string, table: TableName, key: Uint8Array): Promise<void> {
  const root = open<Uint8Array, Uint8Array>({
    path: join(folder, 'chain.mdb'),
    encoding: 'binary',
    keyEncoding: 'binary',
    maxDbs: 16,
  });
  const database = root.openDB<Uint8Array, Uint8Array>(table, {
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  const value = database.get(key);
  if (value === undefined) throw new Error('nothing to damage');
  const bytes = Uint8Array.from(value);
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await database.put(key, bytes);
  await root.close();
}

describe('Tables', () => {
  it('writes nothing of a commit that fails', async () => {
    const tables = await writable();
    const key = metaKey('head');
    await tables.commit((writer) => writer.putSealed('meta', key, Uint8Array.of(1)));
    const failed = tables.commit((writer) => {
      writer.putSealed('meta', key, Uint8Array.of(2));
      writer.put('code', key, Uint8Array.of(3));
      throw new Error('the disk is full');
    });
    await expect(failed).rejects.toThrow('the disk is full');
    expect(Buffer.from(tables.getSealed('meta', key) ?? [])).toEqual(Buffer.of(1));
    expect(tables.get('code', key)).toBeUndefined();
  });

  it('shows a snapshot what was there when it was taken', async () => {
    const tables = await writable();
    const key = metaKey('head');
    await tables.commit((writer) => writer.putSealed('meta', key, Uint8Array.of(1)));
    const snapshot = tables.snapshot();
    await tables.commit((writer) => writer.putSealed('meta', key, Uint8Array.of(2)));
    expect(Buffer.from(tables.getSealed('meta', key, snapshot) ?? [])).toEqual(Buffer.of(1));
    snapshot.done();
    expect(Buffer.from(tables.getSealed('meta', key) ?? [])).toEqual(Buffer.of(2));
  });

  it('refuses a value that was sealed under another key', async () => {
    const tables = await writable();
    await tables.commit((writer) => writer.putSealed('meta', metaKey('head'), Uint8Array.of(1)));
    const sealed = tables.get('meta', metaKey('head')) ?? new Uint8Array(0);
    await tables.commit((writer) => writer.put('meta', metaKey('marker'), sealed));
    expect(() => tables.getSealed('meta', metaKey('marker'))).toThrow(
      expect.objectContaining({ code: 'corrupt-store' }),
    );
  });
});

describe('damaged data', () => {
  it.each(['headers', 'bodies', 'nodes', 'meta'] as const)(
    'in %s is never served',
    async (table) => {
      const folder = temporaryFolder();
      const genesis = testGenesis();
      await (await Chain.create(folder, genesis)).close();
      const { hash, stateRoot } = genesis.header;
      const key = {
        headers: bytesOf(hash),
        bodies: bytesOf(hash),
        nodes: bytesOf(stateRoot),
        meta: metaKey('head'),
      };
      await damage(folder, table, key[table]);
      const opened = Chain.open(folder, genesis).then(async (chain) => {
        try {
          const request = {
            timestamp: 1,
            coinbase: genesis.header.beneficiary,
            extraData: '0x' as const,
          };
          const options = { candidates: [], maxBytes: 10_000, allowEmpty: true };
          await chain.buildBlock(hash, { ...request, ...options });
        } finally {
          await chain.close();
        }
      });
      await expect(opened).rejects.toMatchObject({ code: 'corrupt-store' });
    },
  );

  it('is found by readers too', async () => {
    const folder = temporaryFolder();
    const genesis = testGenesis();
    await (await Chain.create(folder, genesis)).close();
    const key = bytesOf(genesis.header.hash);
    await damage(folder, 'headers', key);
    await damage(folder, 'bodies', key);
    const tables = new Tables(folder, { readOnly: true });
    onTestFinished(() => tables.close());
    const corrupt = expect.objectContaining({ code: 'corrupt-store' });
    expect(() => readHeader(tables, genesis.header.hash)).toThrow(corrupt);
    expect(() => readBlock(tables, genesis.header.hash)).toThrow(corrupt);
  });
});
