import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Chain } from '../chain.ts';
import { devGenesisFile } from '../genesis/dev-genesis.ts';
import { createGenesis, type Genesis } from '../genesis/genesis.ts';
import {
  flatStateOf,
  giveSnapshot,
  markerAt,
  positionOf,
  type TakenSnapshot,
  takeSnapshot,
} from '../testing/snapshot-transfer.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { build } from '../testing/test-chain.ts';

const RESTORER = fileURLToPath(new URL('../testing/crash-restorer.ts', import.meta.url));
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const WRITES_MAX = 40;
const ACCOUNTS = 950;

/** Answers whether it was killed; else it took the whole snapshot. */
async function restoreUntilKilled(args: readonly string[]): Promise<boolean> {
  const child = spawn(process.execPath, ['--import', TSX, RESTORER, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [code, signal] = await once(child, 'exit');
  if (signal === null) expect(code).toBe(0);
  return signal === 'SIGKILL';
}

interface Source {
  readonly genesis: Genesis;
  readonly genesisPath: string;
  readonly snapshotPath: string;
  readonly snapshot: TakenSnapshot;
  readonly state: Awaited<ReturnType<typeof flatStateOf>>;
}

/** A chain with enough accounts for several transactions, and its snapshot in files. */
async function sourceIn(folder: string): Promise<Source> {
  const json = devGenesisFile() as { alloc: Record<string, { balance: string }> };
  for (let index = 1; index <= ACCOUNTS; index += 1) {
    json.alloc[`0x${index.toString(16).padStart(40, 'a')}`] = { balance: '0x1' };
  }
  const genesisPath = join(folder, 'genesis.json');
  writeFileSync(genesisPath, JSON.stringify(json));
  const genesis = createGenesis(json);
  const data = join(folder, 'source');
  const chain = await Chain.create(data, genesis);
  for (let number = 1; number <= 2; number += 1) {
    const { raw } = await build(chain, []);
    await chain.commit([{ raw }], markerAt(number));
  }
  const snapshot = await takeSnapshot(chain.offerSnapshots(positionOf));
  await chain.close();
  const snapshotPath = join(folder, 'snapshot');
  mkdirSync(snapshotPath);
  writeFileSync(join(snapshotPath, 'list.json'), JSON.stringify(snapshot.list));
  for (const [number, bytes] of snapshot.chunks.entries()) {
    writeFileSync(join(snapshotPath, String(number)), bytes);
  }
  return { genesis, genesisPath, snapshotPath, snapshot, state: await flatStateOf(data) };
}

/** Opens what a killed restore left, goes on with it, and answers whether the snapshot had become the head. */
async function expectWhole(data: string, { genesis, snapshot, state }: Source): Promise<boolean> {
  const chain = await Chain.open(data, genesis);
  try {
    const isDone = chain.head.number === 2;
    expect(chain.head.number).toBe(isDone ? 2 : 0);
    expect(chain.marker).toEqual(isDone ? markerAt(2) : null);
    // A block can be executed on whichever state it is.
    await build(chain, []);
    if (!isDone) await giveSnapshot(chain, snapshot);
    expect(chain.marker).toEqual(markerAt(2));
    await vi.waitFor(async () => expect(await flatStateOf(data)).toEqual(state));
    return isDone;
  } finally {
    await chain.close();
  }
}

it('leaves the old state or the new one, whole, after whichever write a restore is killed, and goes on from there', async () => {
  const folder = temporaryFolder();
  const source = await sourceIn(folder);
  const empty = join(folder, 'empty');
  await (await Chain.create(empty, source.genesis)).close();
  const seen: boolean[] = [];
  for (let write = 1; write <= WRITES_MAX; write += 1) {
    const data = join(folder, `${write}`);
    cpSync(empty, data, { recursive: true });
    const args = [data, source.genesisPath, source.snapshotPath, String(write)];
    if (!(await restoreUntilKilled(args))) {
      // Every boundary was tried, on both sides of the one that counts.
      expect(seen.filter((isDone) => !isDone).length).toBeGreaterThan(3);
      expect(seen).toContain(true);
      expect(seen).toEqual([...seen].sort());
      return;
    }
    seen.push(await expectWhole(data, source));
  }
  throw new Error('more writes than expected');
}, 240_000);
