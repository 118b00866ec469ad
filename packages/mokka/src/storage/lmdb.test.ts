import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdtemp,
  open as openFile,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { open } from 'lmdb';
import { describe, expect, it } from 'vitest';
import { encodeChecked } from './checked-value.ts';
import { describeStorage } from './conformance.test.suite.ts';
import { LmdbStorage } from './lmdb.ts';
import { transact } from './lmdb-transaction.ts';
import type { StorageOperation } from './storage.ts';
import { StorageError } from './storage-error.ts';

const CHILD = fileURLToPath(new URL('./lmdb-writer.test.child.ts', import.meta.url));
const FILE = 'consensus.lmdb';

describe('LmdbStorage', () => {
  describeStorage(async () => {
    const folder = await temporaryFolder();
    await (await LmdbStorage.create(folder)).close();
    return {
      open: () => LmdbStorage.open(folder),
      dispose: () => rm(folder, { recursive: true, force: true }),
    };
  });

  it('is created once and never by open', () =>
    inFolder(async (folder) => {
      await expect(LmdbStorage.open(folder)).rejects.toMatchObject({ code: 'missing' });
      await expect(LmdbStorage.open(join(folder, 'none'))).rejects.toMatchObject({
        code: 'missing',
      });
      const storage = await LmdbStorage.create(folder);
      await storage.write([put(1, 'kept')]);
      await storage.close();
      await expect(LmdbStorage.create(folder)).rejects.toMatchObject({ code: 'exists' });
      const again = await LmdbStorage.open(folder);
      expect(Buffer.from((await again.get('entries', 1)) ?? []).toString()).toBe('kept');
      await again.close();
    }));

  it('takes a creation that a crash interrupted for missing, and can finish it', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, FILE), '');
      await expect(LmdbStorage.open(folder)).rejects.toMatchObject({ code: 'missing' });
      await open({ path: join(folder, FILE), noSubdir: true, maxDbs: 9 }).close();
      await expect(LmdbStorage.open(folder)).rejects.toMatchObject({ code: 'missing' });
      await (await LmdbStorage.create(folder)).close();
      await (await LmdbStorage.open(folder)).close();
    }));

  it('refuses a store of a newer format', () =>
    inFolder(async (folder) => {
      await (await LmdbStorage.create(folder)).close();
      await withTable(folder, 'format', async (table) => {
        const key = Buffer.from('format');
        await table.put(key, encodeChecked(5, key, new Uint8Array([0, 0, 0, 2])));
      });
      await expect(LmdbStorage.open(folder)).rejects.toMatchObject({ code: 'newer-format' });
    }));

  it('never serves a value with a flipped bit or one from another place', () =>
    inFolder(async (folder) => {
      const storage = await LmdbStorage.create(folder);
      await storage.write([put(1, 'first'), put(2, 'second'), put(3, 'third')]);
      await storage.close();
      await withTable(folder, 'entries', async (table) => {
        const [first, second] = [table.getBinary(key(1)), table.getBinary(key(2))];
        if (first === undefined || second === undefined) throw new Error('not stored');
        second[second.length - 1] = (second.at(-1) ?? 0) ^ 1;
        await table.put(key(2), second);
        await table.put(key(3), first);
        await table.put(key(4), Buffer.from('short'));
      });
      const damaged = await LmdbStorage.open(folder);
      const corrupt = { name: 'StorageError', code: 'corrupt' };
      expect(await damaged.get('entries', 1)).toBeDefined();
      for (const bad of [2, 3, 4]) {
        await expect(damaged.get('entries', bad)).rejects.toMatchObject(corrupt);
      }
      const all = damaged.range('entries', 1, 9, { maxCount: 9, maxBytes: 999 });
      await expect(all).rejects.toMatchObject(corrupt);
      await damaged.close();
    }));

  it('refuses files that are no store, without a crash', () =>
    inFolder(async (folder) => {
      const path = join(folder, FILE);
      for (const content of ['g', 'garbage', 'garbage'.repeat(10_000)]) {
        await writeFile(path, content);
        await expect(LmdbStorage.open(folder)).rejects.toMatchObject({ code: 'corrupt' });
        await expect(LmdbStorage.create(folder)).rejects.toMatchObject({ code: 'corrupt' });
      }
    }));

  it('notices a large value that lost a byte, and a file cut short', () =>
    inFolder(async (folder) => {
      const storage = await LmdbStorage.create(folder);
      await storage.write([put(1, 'x'.repeat(200_000))]);
      await storage.close();
      const path = join(folder, FILE);
      const { size } = await stat(path);
      // The value's pages are followed by the tree's: zero the value's end, then cut a page off.
      const file = await openFile(path, 'r+');
      const content = await readFile(path);
      const at = content.lastIndexOf('x');
      await file.write(Buffer.alloc(1), 0, 1, at);
      await file.close();
      const damaged = await LmdbStorage.open(folder);
      await expect(damaged.get('entries', 1)).rejects.toMatchObject({ code: 'corrupt' });
      await damaged.close();
      await truncate(path, 4096 + 100);
      await expect(LmdbStorage.open(folder)).rejects.toMatchObject({ code: 'corrupt' });
      expect(size).toBeGreaterThan(200_000);
    }));

  it.each([0.9, 0.7, 0.5, 0.1])(
    'never takes what a file cut to %d of its length lost for absent, and does not crash',
    (share) =>
      inFolder(async (folder) => {
        const storage = await LmdbStorage.create(folder);
        for (let start = 0; start < 1000; start += 50) {
          await storage.write(
            Array.from({ length: 50 }, (_, i) => put(start + i, 'x'.repeat(500))),
          );
        }
        await storage.close();
        const path = join(folder, FILE);
        await truncate(path, Math.floor((await stat(path)).size * share));
        const outcomes = new Set<string>();
        try {
          const damaged = await LmdbStorage.open(folder);
          for (let index = 0; index < 1000; index += 1) {
            const outcome = await damaged.get('entries', index).then(
              (value) => (value?.length === 500 ? 'intact' : 'wrong'),
              (error) => error.code,
            );
            outcomes.add(outcome);
          }
          await damaged.close();
        } catch (error) {
          if (!(error instanceof StorageError)) throw error;
          outcomes.add(error.code);
        }
        outcomes.delete('intact');
        expect(outcomes).toContain('corrupt');
        // After a damaged page the library's read transaction may fail as such.
        outcomes.delete('corrupt');
        outcomes.delete('read-failed');
        expect([...outcomes]).toEqual([]);
      }),
  );

  it('drops a transaction whole when a step of it throws', () =>
    inFolder(async (folder) => {
      const environment = open<Buffer, Buffer>({
        path: join(folder, 'x.lmdb'),
        encoding: 'binary',
      });
      const failing = transact(environment, () => {
        environment.put(key(1), Buffer.from('half'));
        throw new Error('in the middle');
      });
      await expect(failing).rejects.toThrow('in the middle');
      expect(environment.getBinary(key(1))).toBeUndefined();
      await environment.close();
    }));

  it('does not block the event loop while it syncs, and shares syncs', () =>
    inFolder(async (folder) => {
      const storage = await LmdbStorage.create(folder);
      let turns = 0;
      let done = false;
      const turn = (): void => {
        turns += 1;
        if (!done) setImmediate(turn);
      };
      setImmediate(turn);
      await Promise.all(Array.from({ length: 50 }, (_, i) => storage.write([put(i, 'x')])));
      done = true;
      await storage.close();
      expect(turns).toBeGreaterThan(1);
    }));

  it.each([1, 2, 3, 4])(
    'holds a consistent prefix after kill -9 in the middle of writes (%i)',
    (round) =>
      inFolder(async (folder) => {
        await (await LmdbStorage.create(folder)).close();
        const acknowledged = await writeUntilKilled(folder, 20 * round);
        const storage = await LmdbStorage.open(folder);
        const last = (await storage.lastKey('entries')) ?? -1;
        // Everything that was acknowledged is there, and what is there has no gap and no half of a write.
        expect(last).toBeGreaterThanOrEqual(acknowledged);
        const limits = { maxCount: 1_000_000, maxBytes: 1_000_000_000 };
        const entries = await storage.range('entries', 0, last, limits);
        const votes = await storage.range('votes', 0, last + 10, limits);
        expect(entries.map((entry) => entry.key)).toEqual(entries.map((_, i) => i));
        expect(votes.map((vote) => vote.key)).toEqual(entries.map((entry) => entry.key));
        expect(Buffer.from((await storage.record('last')) ?? []).toString()).toBe(`${last}`);
        await storage.write([put(last + 1, 'goes on')]);
        await storage.close();
      }),
  );

  it('fails a write the disk refuses, and every later one, and keeps what was written', () =>
    inFolder(async (folder) => {
      await (await LmdbStorage.create(folder)).close();
      // A limit on the file's size stands for a full disk: the operating system refuses the write.
      const child = spawn(
        'bash',
        [
          '-c',
          `ulimit -f 400; exec "$0" --import tsx "$@"`,
          process.execPath,
          CHILD,
          folder,
          'full',
        ],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      );
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) lines.push(line);
      if (child.exitCode === null) await once(child, 'exit');
      const acknowledged = Number(lines.filter((line) => /^\d+$/.test(line)).at(-1));
      expect(acknowledged).toBeGreaterThan(5);
      expect(lines.slice(-3)).toEqual(['write-failed', 'poisoned', 'poisoned']);
      expect(child.exitCode).toBe(0);
      const storage = await LmdbStorage.open(folder);
      expect(await storage.lastKey('entries')).toBe(acknowledged);
      await storage.close();
    }));
});

/** Starts a process that writes as fast as it can, kills it after some acknowledged writes, and returns the last one. */
async function writeUntilKilled(folder: string, count: number): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, folder, 'endless'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let last = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (last >= count) child.kill('SIGKILL');
  }
  await exited;
  expect(child.signalCode).toBe('SIGKILL');
  return last;
}

async function withTable(
  folder: string,
  name: string,
  body: (table: ReturnType<ReturnType<typeof open<Buffer, Buffer>>['openDB']>) => Promise<void>,
): Promise<void> {
  const options = { keyEncoding: 'binary', encoding: 'binary' } as const;
  const environment = open<Buffer, Buffer>({
    path: join(folder, FILE),
    noSubdir: true,
    overlappingSync: false,
    maxDbs: 9,
    ...options,
  });
  await body(environment.openDB({ name, ...options }));
  await environment.close();
}

function put(index: number, value: string): StorageOperation {
  return { type: 'put', table: 'entries', key: index, value: Buffer.from(value) };
}

function key(index: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(index));
  return bytes;
}

async function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'mokka-storage-'));
}

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await temporaryFolder();
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
