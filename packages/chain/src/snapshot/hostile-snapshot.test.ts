import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RLP } from '@ethereumjs/rlp';
import fc from 'fast-check';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Chain } from '../chain.ts';
import { keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { type Address, addressOf, bytesOf, hashOf, weiOf } from '../primitives.ts';
import {
  digestOf,
  flatStateOf,
  forged,
  giveSnapshot,
  markerAt,
  positionOf,
  requireDigest,
  type TakenSnapshot,
  takeSnapshot,
} from '../testing/snapshot-transfer.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { build, testGenesis } from '../testing/test-chain.ts';
import { type Step, Workload } from '../testing/workload.ts';
import { CHUNK_BYTES_MAX, CHUNKS_MAX, PIECE_BYTES_MAX } from './limits.ts';
import { ChunkPacker, decodeChunk, encodeRecord, type SnapshotRecord } from './record.ts';

const GENESIS = testGenesis();
const INVALID = expect.objectContaining({ code: 'invalid-snapshot' });
const CONTRACT_BYTES = Uint8Array.of(0x60, 0x00);

async function chainIn(folder: string): Promise<Chain> {
  const chain = await Chain.create(folder, GENESIS);
  onTestFinished(() => chain.close());
  return chain;
}

function createdAddress(from: Address, nonce: bigint): Address {
  return addressOf(keccak256(RLP.encode([bytesOf(from), bigintToBytes(nonce)])).subarray(12));
}

function changeOne(
  records: readonly SnapshotRecord[],
  kind: SnapshotRecord['kind'],
  change: (record: SnapshotRecord) => SnapshotRecord,
): SnapshotRecord[] {
  const at = records.findIndex((record) => record.kind === kind);
  return records.map((record, index) => (index === at ? change(record) : record));
}

function without(
  records: readonly SnapshotRecord[],
  kind: SnapshotRecord['kind'],
  which: number,
): SnapshotRecord[] {
  const left = records.filter((record) => record.kind === kind)[which];
  return records.filter((record) => record !== left);
}

function twice(records: readonly SnapshotRecord[], kind: SnapshotRecord['kind']): SnapshotRecord[] {
  const at = records.findIndex((record) => record.kind === kind);
  return [...records.slice(0, at + 1), ...records.slice(at)];
}

/** With the status of the first receipt inverted: `[[type, status, ...`. */
function flipped(bytes: Uint8Array): Uint8Array {
  const receipts = RLP.decode(bytes) as Uint8Array[][];
  const first = receipts[0];
  if (first !== undefined) first[1] = first[1]?.length === 0 ? Uint8Array.of(1) : new Uint8Array(0);
  return RLP.encode(receipts);
}

function recordsOf({ chunks }: TakenSnapshot): SnapshotRecord[] {
  return chunks.flatMap((chunk) => [...decodeChunk(chunk)]);
}

function chunksOf(records: readonly SnapshotRecord[]): Uint8Array[] {
  const packer = new ChunkPacker();
  const chunks = records.flatMap((record) => packer.add(encodeRecord(record)) ?? []);
  const last = packer.take();
  return last === undefined ? chunks : [...chunks, last];
}

describe('a snapshot that is not what it was said to be', () => {
  let taken: TakenSnapshot;

  beforeAll(async () => {
    const workload = new Workload(createdAddress);
    const deploy: Step = { sender: 0, action: { kind: 'deploy' } };
    const call = (slot: number): Step => ({
      sender: 1,
      action: { kind: 'call', contract: 0, slot, value: 5n },
    });
    const folder = mkdtempSync(join(tmpdir(), 'praline-chain-'));
    const chain = await Chain.create(folder, GENESIS);
    for (const block of [[deploy], [deploy, call(0), call(1)], [call(2), call(3)]]) {
      const { raw } = await build(
        chain,
        block.map((step) => workload.sign(step)),
      );
      await chain.commit([{ raw }], markerAt(chain.head.number + 1));
    }
    taken = await takeSnapshot(chain.offerSnapshots(positionOf));
    await chain.close();
    rmSync(folder, { recursive: true });
  });

  it('is put together from the same records again, and taken', async () => {
    const again = forged(taken, chunksOf(recordsOf(taken)));
    expect(again.list).toEqual(taken.list);
    const chain = await chainIn(temporaryFolder());
    await giveSnapshot(chain, again);
    expect(digestOf(chain.head.hash)).toBe(taken.list.position.stateDigest);
  });

  type Forger = (records: SnapshotRecord[]) => readonly SnapshotRecord[];
  const account = (change: Partial<Extract<SnapshotRecord, { kind: 'account' }>>): Forger => {
    return (records) =>
      changeOne(records, 'account', (one) => ({ ...one, ...change }) as SnapshotRecord);
  };
  const forgers: Record<string, Forger> = {
    'a richer account': account({ balance: weiOf(7n) }),
    'another nonce': account({ nonce: 7n }),
    'an account whose code is missing': account({ codeHash: hashOf(keccak256(CONTRACT_BYTES)) }),
    'an account less': (all) => without(all, 'account', 0),
    'a slot less': (all) => without(all, 'slot', 0),
    'a slot at a time of another value': (all) =>
      changeOne(all, 'slot', (one) => ({ ...one, value: Uint8Array.of(6) }) as SnapshotRecord),
    'an account twice': (all) => twice(all, 'account'),
    'a slot twice': (all) => twice(all, 'slot'),
    'code twice': (all) => twice(all, 'code'),
    'code of no account': (all) => [...all, { kind: 'code', bytes: CONTRACT_BYTES }],
    'other code': (all) => changeOne(all, 'code', () => ({ kind: 'code', bytes: CONTRACT_BYTES })),
    'no code': (all) => without(all, 'code', 0),
    'a slot before its account': (all) => {
      const slot = all.find(({ kind }) => kind === 'slot');
      const first = all.findIndex(({ kind }) => kind === 'account');
      return slot === undefined ? all : [...all.slice(0, first), slot, ...all.slice(first)];
    },
    'accounts in another order': (all) => {
      const first = all.findIndex(({ kind }) => kind === 'account');
      const last = all.findLastIndex(({ kind }) => kind === 'account');
      const [one, other] = [all[first], all[last]];
      if (one === undefined || other === undefined) return all;
      return all.with(first, other).with(last, one);
    },
    'an empty account more': (all) => [
      ...all,
      {
        kind: 'account',
        hash: new Uint8Array(32).fill(255),
        nonce: 0n,
        balance: weiOf(0n),
        codeHash: hashOf(keccak256(new Uint8Array(0))),
      },
    ],
    'no accounts at all': (all) => all.filter(({ kind }) => kind !== 'account' && kind !== 'slot'),
    'a header less': (all) => without(all, 'header', 3),
    'a header twice': (all) => twice(all, 'header'),
    'headers after the block': (all) => {
      const header = all[3];
      return header === undefined ? all : [...without(all, 'header', 3), header];
    },
    'another first header': (all) => without(all, 'header', 0),
    'no block': (all) => without(all, 'block', 0),
    'no receipts': (all) => without(all, 'receipts', 0),
    'receipts that are lists in lists': (all) =>
      changeOne(all, 'receipts', () => ({
        kind: 'receipts',
        bytes: Buffer.concat([new Uint8Array(60_000).fill(0xc1), Uint8Array.of(0xc0)]),
      })),
    'receipts of success for what failed': (all) =>
      changeOne(all, 'receipts', (one) => ({
        ...one,
        bytes: flipped('bytes' in one ? one.bytes : new Uint8Array(1)),
      })),
    'a block in pieces of a byte': (all) => {
      const at = all.findIndex(({ kind }) => kind === 'block');
      const one = all[at];
      if (one === undefined || !('bytes' in one)) return all;
      const pieces = [...one.bytes].map(
        (byte): SnapshotRecord => ({ kind: 'block', bytes: Uint8Array.of(byte) }),
      );
      return all.toSpliced(at, 1, ...pieces);
    },
    'nothing but the head': (all) => all.slice(0, 1),
  };

  it.each(Object.entries(forgers))('is refused with %s, and leaves nothing', async (_, forge) => {
    const folder = temporaryFolder();
    const chain = await chainIn(folder);
    const before = await flatStateOf(folder);
    const head = chain.head;
    const records = recordsOf(taken);
    const changed = forge(records);
    expect(changed).not.toEqual(records);
    await expect(giveSnapshot(chain, forged(taken, chunksOf(changed)))).rejects.toEqual(INVALID);
    expect(chain.head).toEqual(head);
    expect(chain.marker).toBeNull();
    expect(await flatStateOf(folder)).toEqual(before);
    // And the true one is still taken.
    await giveSnapshot(chain, taken);
    expect(chain.marker).toEqual(markerAt(3));
  });

  it('is refused with any byte changed, chunk by chunk or at its end', async () => {
    const folder = temporaryFolder();
    const chain = await chainIn(folder);
    const before = await flatStateOf(folder);
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const chunks = taken.chunks.map((chunk) => Uint8Array.from(chunk));
        const chunk = chunks[at % chunks.length] ?? new Uint8Array(1);
        const place = at % chunk.length;
        chunk[place] = (chunk[place] ?? 0) ^ change;
        // Its list may fit the change or not.
        const { list } = taken;
        await chain.restore.begin(list, requireDigest(list));
        await expect(chain.restore.add(at % chunks.length, chunk)).rejects.toEqual(INVALID);
        await expect(giveSnapshot(chain, forged(taken, chunks))).rejects.toEqual(INVALID);
      }),
      // The status of a receipt, written with a zero byte of its own.
      { numRuns: 60, examples: [[2_016_486_674, 1]] },
    );
    expect(await flatStateOf(folder)).toEqual(before);
  });

  it('is refused on its first chunk when it is of another block', async () => {
    const chain = await chainIn(temporaryFolder());
    const list = {
      ...taken.list,
      position: { ...taken.list.position, stateDigest: digestOf(GENESIS.header.hash) },
    };
    await chain.restore.begin(list, requireDigest(list));
    await expect(chain.restore.add(0, taken.chunks[0] ?? new Uint8Array(0))).rejects.toEqual(
      INVALID,
    );
  });

  it('is refused when its list is beyond the bounds', async () => {
    const chain = await chainIn(temporaryFolder());
    const { position } = taken.list;
    const info = { hash: '00'.repeat(32), bytes: 1 };
    for (const chunks of [
      [],
      [{ ...info, bytes: CHUNK_BYTES_MAX + 1 }],
      [{ ...info, bytes: 0 }],
      [{ ...info, hash: 'no hash' }],
      new Array(CHUNKS_MAX + 1).fill(info),
    ]) {
      const list = { position, chunks };
      await expect(chain.restore.begin(list, requireDigest(taken.list))).rejects.toEqual(INVALID);
    }
  });

  it('is not finished while a chunk is not here, and says again which are', async () => {
    const chain = await chainIn(temporaryFolder());
    const { list } = taken;
    await expect(chain.finishRestore(markerAt(3))).rejects.toMatchObject({
      code: 'invalid-request',
    });
    expect(await chain.restore.begin(list, requireDigest(list))).toEqual([]);
    await expect(chain.finishRestore(markerAt(3))).rejects.toMatchObject({
      code: 'invalid-request',
    });
    await expect(chain.restore.add(taken.chunks.length, Uint8Array.of(1))).rejects.toEqual(INVALID);
    await giveSnapshot(chain, taken);
    expect(chain.head.number).toBe(3);
  });

  it('is forgotten when it is abandoned or another is begun', async () => {
    const chain = await chainIn(temporaryFolder());
    const { list, chunks } = taken;
    const begin = (one: typeof list) => chain.restore.begin(one, requireDigest(list));
    await begin(list);
    await chain.restore.add(0, chunks[0] ?? new Uint8Array(0));
    expect(await begin(list)).toEqual([0]);
    expect(await chain.restore.stored()).toEqual(list);
    await begin({ ...list, position: { ...list.position, index: 4 } });
    expect(await begin(list)).toEqual([]);
    await chain.restore.add(0, chunks[0] ?? new Uint8Array(0));
    await chain.restore.abandon();
    expect(await chain.restore.stored()).toBeUndefined();
    expect(await begin(list)).toEqual([]);
  });

  it('is refused below the head and on another branch', async () => {
    for (const count of [3, 4]) {
      const chain = await chainIn(temporaryFolder());
      for (let number = 1; number <= count; number += 1) {
        const { raw } = await build(chain, [], chain.head.hash, chain.head.timestamp + 2);
        await chain.commit([{ raw }], markerAt(number));
      }
      const { head } = chain;
      await expect(giveSnapshot(chain, taken)).rejects.toEqual(INVALID);
      expect(chain.head).toEqual(head);
    }
  });
});

describe('a chunk', () => {
  it('is refused, never with another error, whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeChunk(bytes);
        } catch (error) {
          expect(error).toEqual(INVALID);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('holds records within their bounds only', () => {
    const slot = (value: Uint8Array, hash = new Uint8Array(32)) => [6, hash, value];
    const one = Uint8Array.of(1);
    for (const record of [
      [],
      [0, one],
      [7, one],
      [1],
      [1, one, one],
      [1, new Uint8Array(0)],
      [1, new Uint8Array(PIECE_BYTES_MAX + 1)],
      [1, [one]],
      slot(new Uint8Array(0)),
      slot(new Uint8Array(32)),
      slot(new Uint8Array(33).fill(1)),
      slot(one, new Uint8Array(31)),
      [5, new Uint8Array(32), Uint8Array.of(0, 1), one, new Uint8Array(32)],
      [5, new Uint8Array(32), new Uint8Array(9).fill(1), one, new Uint8Array(32)],
      [5, new Uint8Array(32), one, new Uint8Array(33).fill(1), new Uint8Array(32)],
      [5, new Uint8Array(32), one, one, new Uint8Array(31)],
    ]) {
      expect(() => decodeChunk(RLP.encode([record]))).toThrow(INVALID);
    }
    expect(decodeChunk(RLP.encode([slot(one)]))).toEqual([
      { kind: 'slot', hash: new Uint8Array(32), value: one },
    ]);
    expect(() => decodeChunk(new Uint8Array(CHUNK_BYTES_MAX + 1))).toThrow(INVALID);
  });
});
