import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeKey } from 'mokka';
import { describe, expect, it, onTestFinished } from 'vitest';
import { storeIdentity } from '../config/cluster-identity.ts';
import { loadGenesis } from '../config/genesis-source.ts';
import { createNodeFolder, lockNodeFolder } from '../config/node-folder.ts';
import { initCluster } from './init-cluster.ts';

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'praline-init-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function init(folder: string) {
  const node = { host: '127.0.0.1', port: 3000, rpcHost: '127.0.0.1', rpcPort: 8545 };
  return initCluster({ folder, nodes: [node], genesis: {} });
}

describe('making a cluster', () => {
  it('leaves a complete folder and refuses to touch it again', async () => {
    const folder = await temporaryFolder();
    const cluster = await init(folder);
    expect(readdirSync(folder).sort()).toEqual(['cluster.json', 'data', 'genesis.json', 'keys']);
    const lock = await lockNodeFolder(cluster.dataPath(1));
    await lock.release();
    await expect(init(folder)).rejects.toMatchObject({ code: 'folder-occupied' });
  });

  it('begins the chain at the time it is made, from which test suites reckon', async () => {
    const before = Math.floor(Date.now() / 1_000);
    const cluster = await init(await temporaryFolder());
    const { timestamp } = loadGenesis(cluster).json as { timestamp: string };
    expect(Number(timestamp)).toBeGreaterThanOrEqual(before);
    expect(Number(timestamp)).toBeLessThanOrEqual(Date.now() / 1_000);
  });

  it('replaces what was left when it was interrupted', async () => {
    const folder = await temporaryFolder();
    const { path } = await init(folder);
    // As a crash before the last step leaves it.
    rmSync(path);
    writeFileSync(join(folder, 'unfinished'), '');
    const cluster = await init(folder);
    expect(existsSync(join(folder, 'unfinished'))).toBe(false);
    const lock = await lockNodeFolder(cluster.dataPath(1));
    await lock.release();
  });

  it('never replaces a folder with a cluster file', async () => {
    const folder = await temporaryFolder();
    await init(folder);
    writeFileSync(join(folder, 'unfinished'), '');
    await expect(init(folder)).rejects.toMatchObject({ code: 'folder-occupied' });
    expect(existsSync(join(folder, 'keys', '1.key'))).toBe(true);
  });

  it('leaves a stranger alone', async () => {
    const folder = await temporaryFolder();
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    await expect(init(folder)).rejects.toMatchObject({ code: 'folder-occupied' });
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });
});

describe("making a node's data folder", () => {
  async function parts() {
    const cluster = await init(await temporaryFolder());
    const { json, genesis } = loadGenesis(cluster);
    const path = cluster.dataPath(1);
    const create = () =>
      createNodeFolder(path, json, storeIdentity(genesis, NodeKey.generate().id));
    const isUsable = async (): Promise<boolean> => {
      const lock = await lockNodeFolder(path);
      await lock.release();
      return !existsSync(join(path, 'unfinished'));
    };
    return { path, create, isUsable };
  }

  it('is refused where a node may have voted, even if a part is missing', async () => {
    const { path, create } = await parts();
    await expect(create()).rejects.toMatchObject({ code: 'folder-occupied' });
    rmSync(join(path, 'consensus'), { recursive: true });
    await expect(create()).rejects.toMatchObject({ code: 'folder-occupied' });
    rmSync(join(path, 'chain'), { recursive: true });
    await create();
  });

  it('begins anew after a crash before anything was in place', async () => {
    const { path, create, isUsable } = await parts();
    rmSync(join(path, 'consensus'), { recursive: true });
    mkdirSync(join(path, 'unfinished'));
    renameSync(join(path, 'chain'), join(path, 'unfinished', 'chain'));
    await create();
    expect(await isUsable()).toBe(true);
  });

  it('is completed after a crash between its two parts', async () => {
    const { path, create, isUsable } = await parts();
    mkdirSync(join(path, 'unfinished'));
    renameSync(join(path, 'consensus'), join(path, 'unfinished', 'consensus'));
    await create();
    expect(await isUsable()).toBe(true);
  });

  it('is refused for a genesis whose forks contradict each other', async () => {
    const folder = await temporaryFolder();
    const cluster = await init(folder);
    const { json, genesis } = loadGenesis(cluster);
    const { config, ...rest } = json as { readonly config: object };
    const wrong = { ...rest, config: { ...config, berlinBlock: 9 } };
    const identity = storeIdentity(genesis, NodeKey.generate().id);
    await expect(
      createNodeFolder(join(folder, 'data', 'other'), wrong, identity),
    ).rejects.toMatchObject({ name: 'ConfigError', code: 'invalid' });
  });
});
