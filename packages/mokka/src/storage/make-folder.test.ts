import { mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeFolder } from './make-folder.ts';

let root = '';
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'mokka-folder-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('a folder that is made', () => {
  it('has all folders above it, and may be there already', async () => {
    const path = join(root, 'a', 'b', 'c');
    await makeFolder(path, 0o700);
    await makeFolder(path, 0o700);
    expect((await stat(path)).isDirectory()).toBe(true);
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700);
  });

  it('is there for good: each folder above a new one is synced', async () => {
    const handle = await open(root);
    await handle.close();
    const original = handle.sync;
    const sync = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync');
    const synced: number[] = [];
    sync.mockImplementation(async function (this: typeof handle) {
      synced.push((await this.stat()).ino);
      return original.call(this);
    });
    try {
      await makeFolder(join(root, 'd', 'e'), 0o700);
      const above = await Promise.all([root, join(root, 'd')].map((path) => stat(path)));
      expect(synced).toEqual(above.map(({ ino }) => ino));
      await makeFolder(join(root, 'd', 'e'), 0o700);
      expect(synced).toHaveLength(2);
    } finally {
      sync.mockRestore();
    }
  });

  it('can not be below a file', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    await expect(makeFolder(join(file, 'b'), 0o700)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(makeFolder(file, 0o700)).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it.runIf(process.platform === 'linux')('can not be where the system makes none', async () => {
    await expect(makeFolder('/proc/none/data', 0o700)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
