import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoredChainReader } from '@praline/chain/reading';
import {
  decodeEntry,
  LmdbStorage,
  MemoryStorage,
  type Storage,
  type StorageOperation,
} from 'mokka';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { decodeMarker } from '../chain-thread/commit-marker.ts';
import { addressOf } from '../chain-thread/replica.test.support.ts';
import { type DiskImage, ImageRecorder, layOut } from './disk-images.test.support.ts';
import {
  createFolders,
  createNetwork,
  type Network,
  ValidatorOnDisk,
} from './validator-on-disk.test.support.ts';

/** Runs every transaction of an environment under the recorder while there is one. */
const recording: { recorder: ImageRecorder<Acknowledged> | null } = { recorder: null };

interface LmdbModule {
  readonly open: (options: { readonly path: string }) => {
    childTransaction: (action: () => unknown) => Promise<unknown>;
  };
}

vi.mock('lmdb', async (importOriginal) => {
  const lmdb = await importOriginal<LmdbModule>();
  const open = (options: { readonly path: string }) => {
    const environment = lmdb.open(options);
    const { childTransaction } = environment;
    environment.childTransaction = (action) => {
      const run = () => childTransaction.call(environment, action);
      return recording.recorder?.transaction(options.path, run) ?? run();
    };
    return environment;
  };
  return { ...lmdb, open };
});

interface Acknowledged {
  /** Writes of the log. */
  readonly written: number;
  /** Block whose commit was acknowledged. */
  readonly block: number;
}

const BLOCKS = 5;
const TABLES = [
  'entries',
  'certificates',
  'votes',
  'commit-votes',
  'proofs',
  'evidence',
  'memberships',
] as const;

/** Everything a storage holds, as one hash. */
async function contentOf(storage: Storage): Promise<string> {
  const hash = createHash('sha256');
  for (const table of TABLES) {
    const limits = { maxCount: 1_000_000, maxBytes: 1_000_000_000 };
    for (const { key, value } of await storage.range(table, 0, Number.MAX_SAFE_INTEGER, limits)) {
      hash.update(`${table} ${key} ${Buffer.from(value).toString('hex')}\n`);
    }
  }
  const records = [...(await storage.records())].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of records)
    hash.update(`${name} ${Buffer.from(value).toString('hex')}\n`);
  return hash.digest('hex');
}

/** Counts writes of a storage, and keeps them to be repeated elsewhere. */
class WriteHistory {
  readonly batches: (readonly StorageOperation[])[] = [];
  written = 0;

  watch(storage: Storage): Storage {
    return new Proxy(storage, {
      get: (target, name) => {
        if (name === 'write')
          return (batch: readonly StorageOperation[]) => this.#write(target, batch);
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  async #write(target: Storage, batch: readonly StorageOperation[]): Promise<void> {
    this.batches.push(batch);
    await target.write(batch);
    this.written += 1;
  }
}

/** What a storage that began with `initial` holds after each write. */
async function contentsAfter(
  initial: readonly StorageOperation[],
  batches: readonly (readonly StorageOperation[])[],
): Promise<string[]> {
  const storage = new MemoryStorage();
  await storage.write(initial);
  const contents = [await contentOf(storage)];
  for (const batch of batches) {
    await storage.write(batch);
    contents.push(await contentOf(storage));
  }
  return contents;
}

async function operationsOf(folder: string): Promise<StorageOperation[]> {
  const storage = await LmdbStorage.open(join(folder, 'consensus'));
  const operations: StorageOperation[] = [];
  for (const [name, value] of await storage.records()) {
    operations.push({ type: 'put-record', name, value: Uint8Array.from(value) });
  }
  await storage.close();
  return operations;
}

/** The log after the crash is a prefix of what was asked for, and holds all that was acknowledged. */
async function expectLog(
  folder: string,
  { acknowledged, name, kind }: DiskImage<Acknowledged>,
  contents: readonly string[],
): Promise<void> {
  const storage = await LmdbStorage.open(join(folder, 'consensus'));
  try {
    const found = contents.lastIndexOf(await contentOf(storage));
    expect(found, `${name} ${kind}`).toBeGreaterThanOrEqual(acknowledged.written);
  } finally {
    await storage.close();
  }
}

/** Flat state and trie of the head agree, and its entry is in the log. */
async function expectChain(folder: string, { genesis }: Network, marker: Uint8Array | null) {
  const reader = new StoredChainReader(join(folder, 'chain'), genesis);
  const head = reader.head();
  for (let account = 0; account < 4; account += 1) {
    const address = addressOf(account);
    const flat = reader.account(address, { tag: 'latest' });
    const { account: inTrie } = reader.proof(address, [], { number: head.number });
    expect(flat).toEqual(inTrie);
  }
  expect(reader.account(addressOf(0), { tag: 'latest' }).nonce).toBe(BigInt(head.number));
  await reader.close();
  if (marker === null) return;
  const { applied } = decodeMarker(marker);
  const storage = await LmdbStorage.open(join(folder, 'consensus'));
  const entry = await storage.get('entries', applied.index);
  await storage.close();
  if (entry === undefined) throw new Error(`the chain is ahead of the log: ${applied.index}`);
  expect(decodeEntry(entry).hash).toBe(applied.hash);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'praline-power-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A reproducible series of numbers from 0 to 1 (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe.each(['CFT', 'BFT'] as const)('a validator (%s) whose power fails', (crashModel) => {
  it('at any write of its log or its chain has lost nothing that it acknowledged, and goes on', async () => {
    const parent = temporaryFolder();
    const network = createNetwork(crashModel);
    const folder = join(parent, 'running');
    await createFolders(folder, network);
    const initial = await operationsOf(folder);
    const history = new WriteHistory();
    let block = 0;
    const recorder = new ImageRecorder(
      folder,
      () => ({ written: history.written, block }),
      randomFrom(Number(process.env['PRALINE_SEED'] ?? 1)),
    );
    recorder.add('chain/chain.mdb', 'consensus/consensus.lmdb');
    recording.recorder = recorder;
    onTestFinished(() => {
      recording.recorder = null;
    });
    const node = await ValidatorOnDisk.start(folder, network, {
      watch: (storage) => history.watch(storage),
    });
    for (let number = 1; number <= BLOCKS; number += 1) {
      await node.mine(3);
      block = number;
      await node.chain.statesRemoved();
    }
    await node.stop();
    recording.recorder = null;
    const contents = await contentsAfter(initial, history.batches);
    const kinds = new Map<string, number>();
    for (const [number, image] of recorder.images.entries()) {
      kinds.set(image.kind, (kinds.get(image.kind) ?? 0) + 1);
      const after = join(parent, String(number));
      layOut(image.files, after);
      await expectLog(after, image, contents);
      const again = await ValidatorOnDisk.start(after, network);
      expect(again.chain.head.number).toBeGreaterThanOrEqual(image.acknowledged.block);
      await again.mine(3);
      const { marker } = again.chain;
      await again.stop();
      await expectChain(after, network, marker);
      rmSync(after, { recursive: true });
    }
    // Each block has at least its entry, its vote and its state.
    expect(kinds.get('torn')).toBeGreaterThan(2 * BLOCKS);
  }, 240_000);
});
