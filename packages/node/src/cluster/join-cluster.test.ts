import { existsSync, statSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeKey } from 'mokka';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoadedCluster, loadCluster } from '../config/cluster-file.ts';
import { loadGenesis } from '../config/genesis-source.ts';
import { readKeyFile, writeKeyFile } from '../config/key-file.ts';
import { initCluster } from './init-cluster.ts';
import { joinCluster } from './join-cluster.ts';

const HOST = '127.0.0.1';
const PLACE = { host: HOST, port: 31_003, rpcHost: HOST, rpcPort: 32_003 };

let root: string;
let original: LoadedCluster;
let clusterPath: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'praline-join-'));
  original = await initCluster({
    folder: join(root, 'cluster'),
    nodes: [1, 2].map((number) => ({
      ...{ host: HOST, port: 31_000 + number },
      ...{ rpcHost: HOST, rpcPort: 32_000 + number },
    })),
    genesis: {},
  });
  await mkdir(join(root, 'machine'));
  clusterPath = join(root, 'machine', 'cluster.json');
  await copyFile(original.path, clusterPath);
  await copyFile(original.genesisPath, join(root, 'machine', 'genesis.json'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const configurationHash = (cluster: LoadedCluster) =>
  loadGenesis(cluster).genesis.configurationHash;

describe('a machine that is prepared to join', () => {
  it('has a key, a data folder and a place in its cluster file, and the same genesis', async () => {
    const { number, publicKey, cluster } = await joinCluster({ clusterPath, ...PLACE });
    expect(number).toBe(3);
    expect(cluster.file.nodes[2]).toEqual({ publicKey, ...PLACE, joined: true });
    expect(readKeyFile(cluster.keyPath(3)).id).toBe(publicKey);
    expect(statSync(cluster.keyPath(3)).mode & 0o777).toBe(0o600);
    expect(existsSync(join(cluster.dataPath(3), 'consensus'))).toBe(true);
    expect(configurationHash(cluster)).toBe(configurationHash(original));
  });

  it('has the same genesis where that takes its validators from the cluster file', async () => {
    for (const folder of [original.path, clusterPath]) {
      const path = join(folder, '..', 'genesis.json');
      const genesis = JSON.parse(await readFile(path, 'utf8')) as { praline: object };
      await writeFile(
        path,
        JSON.stringify({ ...genesis, praline: { ...genesis.praline, validators: [] } }),
      );
    }
    const before = configurationHash(loadCluster(original.path));
    const { cluster } = await joinCluster({ clusterPath, ...PLACE });
    expect(configurationHash(cluster)).toBe(before);
  });

  it('takes a key that is brought along', async () => {
    const key = NodeKey.generate();
    const keyPath = join(root, 'own.key');
    writeKeyFile(keyPath, key);
    expect((await joinCluster({ clusterPath, ...PLACE, keyPath })).publicKey).toBe(key.id);
  });

  it('is left as it is when the place is taken, or there is data of an unknown node', async () => {
    const before = await readFile(clusterPath, 'utf8');
    await expect(joinCluster({ clusterPath, ...PLACE, port: 31_001 })).rejects.toMatchObject({
      code: 'duplicate-port',
    });
    await mkdir(join(root, 'machine', 'data', '3'), { recursive: true });
    await expect(joinCluster({ clusterPath, ...PLACE })).rejects.toMatchObject({
      code: 'folder-occupied',
    });
    expect(await readFile(clusterPath, 'utf8')).toBe(before);
    expect(existsSync(join(root, 'machine', 'keys', '3.key'))).toBe(false);
  });

  it('can not have the genesis block fund its account', async () => {
    const { cluster } = await joinCluster({ clusterPath, ...PLACE });
    const file = JSON.parse(await readFile(cluster.path, 'utf8')) as { nodes: object[] };
    const account = { account: `0x${'ab'.repeat(20)}`, balance: '1' };
    file.nodes[2] = { ...file.nodes[2], ...account };
    await writeFile(cluster.path, JSON.stringify(file));
    expect(() => loadCluster(cluster.path)).toThrow('joined after genesis');
  });
});
