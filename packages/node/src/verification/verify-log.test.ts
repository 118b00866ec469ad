/** Rules *commit*, *proof* and *membership* as an auditor sees them, on the log of a real node that was damaged or forged. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Genesis } from '@praline/chain';
import { createGenesis } from '@praline/chain/reading';
import fc from 'fast-check';
import {
  createEntry,
  decodeEntry,
  type Entry,
  encodeEntry,
  LmdbStorage,
  MemoryStorage,
} from 'mokka';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createCluster } from '../cluster/create-cluster.ts';
import { loadGenesis } from '../config/genesis-source.ts';
import { ContinuedLogSource } from './continued-log-source.ts';
import { LogInvalidError } from './log-invalid-error.ts';
import { type ChainBesideLog, openStoredLog, StoredLogSource } from './stored-log-source.ts';
import { type VerifiedLog, type VerifyOptions, verifyLog } from './verify-log.ts';

const TRANSFER = {
  from: '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  to: '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
  value: '0x1',
};
const BLOCKS = 12;

type Bytes = ReadonlyMap<number, Uint8Array>;

let genesis: Genesis;
let beside: ChainBesideLog;
let entries: Bytes;
let certificates: Bytes;
let decoded: readonly Entry[] = [];

async function rpc<Result>(url: string, method: string, ...params: unknown[]): Promise<Result> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result, error } = (await response.json()) as { result: Result; error?: unknown };
  if (error !== undefined) throw new Error(JSON.stringify(error));
  return result;
}

/** A node alone agrees at once: blocks, a change of the members among them, then what is left in its folder. */
beforeAll(async () => {
  const cluster = await createCluster({ nodes: 1 });
  try {
    const [url = ''] = cluster.rpcUrls;
    for (let block = 1; block <= BLOCKS; block += 1) {
      await vi.waitFor(() => rpc(url, 'eth_sendTransaction', TRANSFER), { timeout: 30_000 });
      if (block === BLOCKS / 2) {
        const publicKey = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
        const change = { action: 'add', publicKey, address: '127.0.0.1:9' };
        await rpc(url, 'mokka_proposeMembership', change);
      }
    }
    await cluster.stop(1);
    const dataPath = cluster.config.dataPath(1);
    genesis = createGenesis(loadGenesis(cluster.config).json);
    const stored = await openStoredLog(dataPath, genesis);
    const { chain } = await stored.extent();
    const records = await stored.read(1, 10_000);
    await stored.close();
    const copy = (bytes: Uint8Array) => bytes.slice();
    entries = new Map(records.map(({ index, entry }) => [index, copy(entry)]));
    certificates = new Map(
      records.flatMap(({ index, certificate }) =>
        certificate === null ? [] : [[index, copy(certificate)]],
      ),
    );
    beside = { chain, certificate: null };
  } finally {
    await cluster.close();
  }
  decoded = [...entries.values()].map(decodeEntry);
}, 120_000);

interface Kept {
  readonly entries: Map<number, Uint8Array>;
  readonly certificates: Map<number, Uint8Array>;
}

async function verified(
  change: (kept: Kept) => void,
  options: Partial<VerifyOptions> = {},
  chain = beside,
): Promise<VerifiedLog> {
  const kept = { entries: new Map(entries), certificates: new Map(certificates) };
  change(kept);
  const storage = new MemoryStorage();
  for (const table of ['entries', 'certificates'] as const) {
    for (const [key, value] of kept[table])
      await storage.write([{ type: 'put', table, key, value }]);
  }
  return await verifyLog({ genesis, source: new StoredLogSource(storage, chain), ...options });
}

async function fault(
  change: (kept: Kept) => void,
  options: Partial<VerifyOptions> = {},
  chain = beside,
): Promise<LogInvalidError> {
  try {
    await verified(change, options, chain);
  } catch (error) {
    if (error instanceof LogInvalidError) return error;
    throw error;
  }
  throw new Error('the damage was not noticed');
}

const last = () => entries.size;
const entryAt = (index: number): Entry => decoded[index - 1] as Entry;
const place = (kind: Entry['kind'], from = 1): number =>
  decoded.find((entry) => entry.kind === kind && entry.index >= from)?.index ?? 0;
const forge = (index: number, fields: Partial<Entry>) => (kept: Kept) => {
  kept.entries.set(index, encodeEntry(createEntry({ ...entryAt(index), ...fields })));
};

describe('an untouched log', () => {
  it('is valid to its end, with every block, over a change of the members', async () => {
    const result = await verified(() => {});
    expect(result).toMatchObject({ entries: last(), epoch: 1, validators: 1 });
    expect(result.certified.index).toBe(last());
    expect(result.head).toEqual({ number: BLOCKS, hash: beside.chain?.headHash });
  });

  it('is covered by what a running node has added meanwhile', async () => {
    const index = place('payload', 6);
    const growing = new MemoryStorage();
    for (const [key, value] of entries) {
      await growing.write([{ type: 'put', table: 'entries', key, value }]);
    }
    for (const [key, value] of certificates) {
      const isKept = entryAt(key).kind === 'membership' || key > index;
      if (isKept) await growing.write([{ type: 'put', table: 'certificates', key, value }]);
    }
    const source = new StoredLogSource(growing, { chain: null, certificate: null });
    const extent = { first: 1, memberships: [], last: index, committed: index, chain: null };
    const result = await verifyLog({
      genesis,
      source: {
        extent: async () => extent,
        read: (from, maxCount) => source.read(from, maxCount),
        close: () => source.close(),
      },
    });
    expect(result.certified.index).toBe(index + 1);
  });

  it('contains the entry that is trusted', async () => {
    const trusted = { index: 3, hash: entryAt(3).hash };
    expect(await verified(() => {}, { trusted })).toMatchObject({ entries: last() });
  });
});

describe('damage is found where it is', () => {
  it('whichever bit of whichever entry is flipped', async () => {
    const position = fc.record({
      index: fc.integer({ min: 1, max: last() }),
      at: fc.nat(),
      bit: fc.integer({ min: 0, max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(position, async ({ index, at, bit }) => {
        const error = await fault((kept) => {
          const bytes = (kept.entries.get(index) ?? new Uint8Array()).slice();
          const offset = at % bytes.length;
          bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
          kept.entries.set(index, bytes);
        });
        expect(error.details.index).toBe(index);
      }),
      { numRuns: 150 },
    );
  });

  it('where certificates are kept for the last entry alone, too', async () => {
    const middle = place('payload', 4);
    const error = await fault((kept) => {
      forge(middle, { timestamp: entryAt(middle).timestamp + 1 })(kept);
      for (const key of kept.certificates.keys()) {
        if (entryAt(key).kind !== 'membership' && key !== last()) kept.certificates.delete(key);
      }
    });
    expect(error).toMatchObject({ code: 'broken-link', details: { index: middle } });
    expect(error.details.found).not.toBe(entryAt(middle).hash);
    expect(error.details.expected).toBe(entryAt(middle).hash);
  });

  it('when an entry is missing', async () => {
    for (let index = 1; index < last(); index += 1) {
      const error = await fault((kept) => void kept.entries.delete(index));
      const code = index === 1 ? 'not-from-genesis' : 'missing-entry';
      expect(error).toMatchObject({ code, details: { index: index === 1 ? 2 : index } });
    }
  });

  it('when two entries, or their certificates, change places', async () => {
    const [one, two] = [place('payload', 3), place('payload', 5)];
    for (const table of ['entries', 'certificates'] as const) {
      const error = await fault((kept) => {
        const [left, right] = [kept[table].get(one), kept[table].get(two)];
        kept[table].set(one, right ?? new Uint8Array());
        kept[table].set(two, left ?? new Uint8Array());
      });
      const code = table === 'entries' ? 'broken-link' : 'wrong-certificate';
      expect(error).toMatchObject({ code, details: { index: one } });
    }
  });

  it('when the end is cut off', async () => {
    const kept = last() - 3;
    const cut = (log: Kept) => {
      for (let index = kept + 1; index <= last(); index += 1) {
        log.entries.delete(index);
        log.certificates.delete(index);
      }
    };
    expect(await fault(cut)).toMatchObject({ code: 'ends-early', details: { index: kept + 1 } });
    // Without the chain beside it, only somebody who knows more can tell.
    const alone = { chain: null, certificate: null };
    expect(await verified(cut, {}, alone)).toMatchObject({ entries: kept });
    const trusted = { index: last(), hash: entryAt(last()).hash };
    const error = await fault(cut, { trusted }, alone);
    expect(error).toMatchObject({ code: 'ends-early', details: { index: kept + 1 } });
  });
});

describe('a log without its first entries', () => {
  const alone = { chain: null, certificate: null };

  /** As a node keeps it that began with a snapshot, or deleted what came before. */
  async function from(first: number, options: Partial<VerifyOptions> = {}, beginning = false) {
    const storage = new MemoryStorage();
    const put = (table: 'entries' | 'certificates' | 'memberships', values: Bytes, kept: number) =>
      Promise.all(
        [...values].map(async ([key, value]) => {
          const isChange = entryAt(key).kind === 'membership' && table !== 'entries';
          if (key < kept && !isChange) return;
          if (table === 'memberships' && !isChange) return;
          await storage.write([{ type: 'put', table, key, value }]);
        }),
      );
    await put('entries', entries, first);
    await put('memberships', entries, first);
    await put('certificates', certificates, first);
    const log = new StoredLogSource(storage, beginning ? alone : beside);
    const whole = new MemoryStorage();
    for (const [key, value] of entries) {
      await whole.write([{ type: 'put', table: 'entries', key, value }]);
    }
    for (const [key, value] of certificates) {
      await whole.write([{ type: 'put', table: 'certificates', key, value }]);
    }
    const source = beginning ? new ContinuedLogSource(new StoredLogSource(whole, alone), log) : log;
    return await verifyLog({ genesis, source, ...options });
  }
  const trustedAt = (index: number) => ({ trusted: { index, hash: entryAt(index).hash } });

  it('is valid by an entry of it that is trusted, or the one before, wherever it begins', async () => {
    for (let first = 2; first <= last(); first += 1) {
      for (const index of new Set([first - 1, first, last()])) {
        const result = await from(first, trustedAt(index));
        expect(result).toMatchObject({ first, entries: last() - first + 1, epoch: 1 });
        expect(result.certified.index).toBe(last());
        const hasBlock = decoded.some((entry) => entry.index >= first && entry.kind === 'payload');
        expect(result.head?.hash).toBe(hasBlock ? beside.chain?.headHash : undefined);
      }
    }
  });

  it('is valid from genesis with the first entries of another', async () => {
    for (let first = 2; first <= last(); first += 1) {
      expect(await from(first, {}, true)).toMatchObject({ first: 1, entries: last(), epoch: 1 });
    }
  });

  it('is not judged with nothing to trust, or an entry that it does not lead from', async () => {
    const code = 'not-from-genesis';
    await expect(from(5)).rejects.toMatchObject({ code, details: { index: 5 } });
    await expect(from(5, trustedAt(3))).rejects.toMatchObject({ code });
    const message = expect.stringContaining('above the trusted entry 3');
    await expect(from(5, trustedAt(3))).rejects.toMatchObject({ message });
  });

  it('is refused when it is not the one of the trusted entry', async () => {
    for (const index of [4, 5, last()]) {
      const trusted = { index, hash: 'ab'.repeat(32) };
      const details = { index, expected: trusted.hash, found: entryAt(index).hash };
      await expect(from(5, { trusted })).rejects.toMatchObject({ code: 'not-trusted', details });
    }
  });

  it('is refused where its blocks are not those that it was agreed on', async () => {
    const first = place('payload', 4);
    const next = place('payload', first + 1);
    const { payload } = entryAt(next);
    const storage = new MemoryStorage();
    for (const [key, value] of entries) {
      const bytes = key === first ? encodeEntry(createEntry({ ...entryAt(key), payload })) : value;
      if (key >= first) await storage.write([{ type: 'put', table: 'entries', key, value: bytes }]);
    }
    const source = new StoredLogSource(storage, alone);
    await expect(verifyLog({ genesis, source, ...trustedAt(first - 1) })).rejects.toMatchObject({
      code: 'wrong-state-digest',
      details: { index: first },
    });
  });
});

it('reads LMDB as it is, beside a node that may write to it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'praline-verify-'));
  try {
    const writing = await LmdbStorage.create(folder);
    for (const [table, values] of [
      ['entries', entries],
      ['certificates', certificates],
    ] as const) {
      const all = [...values].map(([key, value]) => ({ type: 'put', table, key, value }) as const);
      await writing.write(all);
    }
    const open = () => LmdbStorage.open(folder, { readOnly: true });
    const source = new StoredLogSource(await open(), beside);
    expect(await verifyLog({ genesis, source })).toMatchObject({ entries: last() });
    await source.close();
    const [index, bytes] = [4, (entries.get(4) ?? new Uint8Array()).slice()];
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writing.write([{ type: 'put', table: 'entries', key: index, value: bytes }]);
    const damaged = new StoredLogSource(await open(), beside);
    await expect(verifyLog({ genesis, source: damaged })).rejects.toMatchObject({
      details: { index },
    });
    await damaged.close();
    await writing.close();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

describe('a forgery is found', () => {
  it('in a last entry that nobody signed', async () => {
    const index = last();
    const error = await fault((kept) => {
      forge(index, { timestamp: entryAt(index).timestamp + 1 })(kept);
      kept.certificates.delete(index);
    });
    expect(error).toMatchObject({ code: 'wrong-chain', details: { index } });
    const claimed = { chain: null, certificate: null };
    const alone = await verified((kept) => void kept.certificates.delete(index), {}, claimed);
    expect(alone.certified.index).toBe(index - 1);
    const trusted = { index, hash: entryAt(index).hash };
    const bare = await fault((kept) => void kept.certificates.delete(index), { trusted }, claimed);
    expect(bare).toMatchObject({ code: 'not-certified', details: { index } });
  });

  it('in a block that is not the next one, though everything were signed', async () => {
    const index = place('payload', 3);
    const other = entryAt(place('payload', index + 1));
    const error = await fault((kept) => {
      forge(index, { payload: other.payload })(kept);
      kept.certificates.delete(index);
    });
    expect(error.details.index).toBe(index);
    expect(error.code).toBe('wrong-block');
    expect(error.message).toContain(`(block `);
  });

  it('in a membership entry without its certificate', async () => {
    const index = place('membership');
    const error = await fault((kept) => void kept.certificates.delete(index));
    expect(error).toMatchObject({ code: 'membership-not-certified', details: { index } });
  });

  it('in a log that is not the trusted one, or of another genesis', async () => {
    const trusted = { index: 3, hash: 'ab'.repeat(32) };
    expect(await fault(() => {}, { trusted })).toMatchObject({
      code: 'not-trusted',
      details: { index: 3, expected: trusted.hash, found: entryAt(3).hash },
    });
    const other = { ...genesis, configurationHash: `0x${'cd'.repeat(32)}` as const };
    const error = await fault(() => {}, { genesis: other as Genesis });
    expect(error).toMatchObject({ code: 'broken-link', details: { index: 1 } });
    expect(error.message).toContain('genesis');
  });

  it('in a chain that was not made from the log', async () => {
    const { chain } = beside;
    if (chain === null) throw new Error('no chain');
    const other = { ...chain, headHash: `0x${'ef'.repeat(32)}` };
    const error = await fault(() => {}, {}, { chain: other, certificate: null });
    expect(error).toMatchObject({
      code: 'wrong-chain',
      details: { index: chain.appliedIndex, expected: chain.headHash, found: other.headHash },
    });
  });
});
