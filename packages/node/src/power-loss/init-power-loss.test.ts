import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chain, createGenesis } from '@praline/chain';
import { LmdbStorage } from 'mokka';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { initCluster } from '../cluster/init-cluster.ts';
import { joinCluster } from '../cluster/join-cluster.ts';
import { type LoadedCluster, loadCluster } from '../config/cluster-file.ts';
import { loadGenesis } from '../config/genesis-source.ts';
import { readKeyFile } from '../config/key-file.ts';
import { lockNodeFolder, nodeFolder } from '../config/node-folder.ts';
import { type FragileFiles, PowerFailure } from './fragile-files.test.support.ts';

const files = await vi.hoisted(async () => {
  const holder: { files: FragileFiles | null } = { files: null };
  return holder;
});

vi.mock('node:fs', async (importOriginal) => {
  const { FragileFiles: Files } = await import('./fragile-files.test.support.ts');
  files.files = new Files(await importOriginal<typeof import('node:fs')>());
  return { ...files.files.wrapped, default: files.files.wrapped };
});

const OPERATIONS_MAX = 200;
const PLACE = { host: '127.0.0.1', port: 3000, rpcHost: '127.0.0.1', rpcPort: 8545 };
/** Of the names that were not synced, how many are there after the failure: none, all. */
const KEPT = [0, 1];

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'praline-init-power-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function fragileFiles(): FragileFiles {
  if (files.files === null) throw new Error('node:fs is not wrapped');
  return files.files;
}

function init(folder: string): Promise<LoadedCluster> {
  return initCluster({ folder, nodes: [PLACE], genesis: {} });
}

/** Every node of the cluster has its key, its log and its chain. */
async function expectWhole(clusterPath: string): Promise<void> {
  const cluster = loadCluster(clusterPath);
  const genesis = createGenesis(loadGenesis(cluster).json);
  for (const [position, { publicKey }] of cluster.file.nodes.entries()) {
    expect(readKeyFile(cluster.keyPath(position + 1)).id).toBe(publicKey);
    const path = cluster.dataPath(position + 1);
    await (await lockNodeFolder(path)).release();
    const folder = nodeFolder(path);
    await (await LmdbStorage.open(folder.consensus)).close();
    const chain = await Chain.open(folder.chain, genesis);
    expect(chain.head.hash).toBe(genesis.header.hash);
    await chain.close();
  }
}

/** Runs until the power fails at operation `number`; true when it was done before that. */
async function runUntil(
  number: number,
  kept: number,
  run: () => Promise<unknown>,
): Promise<boolean> {
  const fragile = fragileFiles();
  fragile.follow(number);
  const isDone = await run().then(
    () => true,
    (error: unknown) => {
      let cause = error;
      while (cause instanceof Error && !(cause instanceof PowerFailure)) cause = cause.cause;
      if (cause instanceof PowerFailure) return false;
      throw error;
    },
  );
  fragile.restart(kept);
  return isDone;
}

describe.each(KEPT)('when the power fails (%d of the unsynced names stay)', (kept) => {
  it('at any operation of making a cluster, it is whole or is made by the same call again', async () => {
    for (let number = 1; number <= OPERATIONS_MAX; number += 1) {
      const folder = join(temporaryFolder(), 'cluster');
      const path = join(folder, 'cluster.json');
      const isDone = await runUntil(number, kept, () => init(folder));
      if (isDone || existsSync(path)) await expectWhole(path);
      else {
        await init(folder);
        await expectWhole(path);
        expect(readdirSync(folder).sort()).toEqual([
          'cluster.json',
          'data',
          'genesis.json',
          'keys',
        ]);
      }
      if (isDone) {
        expect(number).toBeGreaterThan(30);
        return;
      }
    }
    throw new Error('more operations than expected');
  }, 120_000);
});

describe('when the power fails', () => {
  it('at any operation of joining a cluster, the network file is whole, with or without the node', async () => {
    for (let number = 1; number <= OPERATIONS_MAX; number += 1) {
      const folder = join(temporaryFolder(), 'cluster');
      const { path } = await init(folder);
      const place = { ...PLACE, port: 3002, rpcPort: 8547 };
      const isDone = await runUntil(number, 0, () => joinCluster({ clusterPath: path, ...place }));
      const { nodes } = loadCluster(path).file;
      if (isDone) {
        expect(nodes).toHaveLength(2);
        await expectWhole(path);
        return;
      }
      // The key in the file, when the node is named there, is on disk.
      for (const [position, { publicKey }] of nodes.entries()) {
        expect(readKeyFile(loadCluster(path).keyPath(position + 1)).id).toBe(publicKey);
      }
      if (nodes.length === 1) {
        await joinCluster({ clusterPath: path, ...place });
        await expectWhole(path);
      }
    }
    throw new Error('more operations than expected');
  }, 120_000);
});
