import { RLP } from '@ethereumjs/rlp';
import type { Entry, LogIndex } from 'mokka';
import { describe, expect, it } from 'vitest';
import { encodeBlockPayload } from '../chain-thread/block-payload.ts';
import { BlockEntries } from './block-entries.ts';

/** An entry with a block of a number and `bytes` of transactions, as far as it is looked at here. */
function blockEntry(index: number, number: number, bytes = 0): Entry {
  const header = [...Array.from({ length: 8 }, () => Uint8Array.of(1)), number];
  const raw = RLP.encode([header, [new Uint8Array(bytes)], []]);
  return { index, kind: 'payload', payload: encodeBlockPayload(raw) } as unknown as Entry;
}

function termStart(index: number): Entry {
  return { index, kind: 'term-start', payload: new Uint8Array() } as unknown as Entry;
}

function entriesOf(log: readonly Entry[]): BlockEntries {
  return new BlockEntries(async (index: LogIndex) => log[index - 1] ?? null);
}

describe('the entry of a block', () => {
  it('is found among entries of all kinds', async () => {
    const log: Entry[] = [];
    const placed = new Map<number, number>();
    for (let index = 1, block = 1; index <= 200; index += 1) {
      if (index % 7 < 2) {
        log.push(termStart(index));
      } else {
        placed.set(block, index);
        log.push(blockEntry(index, block));
        block += 1;
      }
    }
    const entries = entriesOf(log);
    for (const [block, index] of placed) {
      expect(await entries.find(block, log.length)).toBe(index);
    }
    expect(await entries.find(placed.size + 1, log.length)).toBeNull();
    expect(await entries.find(0, log.length)).toBeNull();
  });

  it('is the last one of its number where the chain went back to snapshots', async () => {
    const numbers = [1, 2, 3, 4, 3, 4, 5, 2, 3];
    const log = numbers.map((number, at) => blockEntry(at + 1, number));
    const entries = entriesOf(log);
    entries.remember(4, 6);
    entries.headReverted();
    const found = await Promise.all([1, 2, 3].map((block) => entries.find(block, log.length)));
    expect(found).toEqual([1, 8, 9]);
  });

  it('is looked for among those that are kept', async () => {
    const log = Array.from({ length: 100 }, (_, at) => blockEntry(at + 1, at + 1));
    const read: number[] = [];
    const entries = new BlockEntries(
      async (index) => {
        read.push(index);
        return index < 60 ? null : (log[index - 1] ?? null);
      },
      () => 60,
    );
    for (let block = 1; block <= 100; block += 1) {
      expect(await entries.find(block, 100)).toBe(block < 60 ? null : block);
    }
    expect(Math.min(...read)).toBe(60);
  });

  it.each([0, 10, 100, 1_000, 100_000, 3_000_000])(
    'is found with %d bytes in it',
    async (bytes) => {
      expect(await entriesOf([blockEntry(1, 1, bytes)]).find(1, 1)).toBe(1);
    },
  );

  it('is found without reading what is behind the header', async () => {
    const entry = blockEntry(1, 1, 1_000_000);
    entry.payload.fill(0xff, 100);
    expect(await entriesOf([entry]).find(1, 1)).toBe(1);
  });

  it('is not found in entries that hold no block', async () => {
    const empty: Entry = { ...termStart(2), kind: 'payload', payload: new Uint8Array() };
    const kindOnly: Entry = { ...termStart(3), kind: 'payload', payload: Uint8Array.of(1) };
    expect(await entriesOf([termStart(1), empty, kindOnly]).find(1, 3)).toBeNull();
  });
});
