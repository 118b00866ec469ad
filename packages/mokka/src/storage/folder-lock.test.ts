import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { FolderLock } from './folder-lock.ts';

const CHILD = fileURLToPath(new URL('./folder-lock.test.child.ts', import.meta.url));

describe('FolderLock', () => {
  it('is held once until it is released', () =>
    inFolder(async (folder) => {
      const lock = await FolderLock.acquire(folder);
      await expect(FolderLock.acquire(folder)).rejects.toMatchObject({
        code: 'locked',
        message: expect.stringContaining(`process ${process.pid}`),
      });
      await lock.release();
      await lock.release();
      await (await FolderLock.acquire(folder)).release();
      expect(await readdir(join(folder, 'lock'))).toEqual([]);
    }));

  it('works in a folder whose path is too long for a socket', () =>
    inFolder(async (folder) => {
      const deep = join(folder, 'a-long-name-of-a-folder'.repeat(6));
      const lock = await FolderLock.acquire(deep);
      await expect(FolderLock.acquire(deep)).rejects.toMatchObject({ code: 'locked' });
      await lock.release();
      await (await FolderLock.acquire(deep)).release();
      expect(await readdir(join(deep, 'lock'))).toEqual([]);
    }));

  it('is refused while another process has it, stopped ones too, and free after kill -9', () =>
    inFolder(async (folder) => {
      const child = spawn(process.execPath, ['--import', 'tsx', CHILD, folder], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      try {
        const [line] = await once(createInterface({ input: child.stdout }), 'line');
        expect(line).toBe('held');
        await expect(FolderLock.acquire(folder)).rejects.toMatchObject({
          code: 'locked',
          message: expect.stringContaining(`process ${child.pid}`),
        });
        child.kill('SIGSTOP');
        await expect(FolderLock.acquire(folder)).rejects.toMatchObject({
          code: 'locked',
          message: expect.stringContaining('another process'),
        });
      } finally {
        child.kill('SIGKILL');
        await exited;
      }
      expect(await readdir(join(folder, 'lock'))).toHaveLength(1);
      await (await FolderLock.acquire(folder)).release();
    }));

  it('is never held by two of many contenders', () =>
    inFolder(async (folder) => {
      for (let round = 0; round < 20; round += 1) {
        const results = await Promise.allSettled(
          Array.from({ length: 5 }, () => FolderLock.acquire(folder)),
        );
        const locks = results.filter((result) => result.status === 'fulfilled');
        expect(locks.length).toBeLessThanOrEqual(1);
        for (const lock of locks) await lock.value.release();
      }
      await (await FolderLock.acquire(folder)).release();
    }));

  it('says why a folder can not be locked', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'file'), '');
      await expect(FolderLock.acquire(join(folder, 'file'))).rejects.toMatchObject({
        code: 'lock-failed',
      });
    }));
});

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mokka-lock-'));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
