import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StorageOperation } from '../../storage/storage.ts';
import { VirtualDisk } from './disk.ts';
import { Random } from './random.ts';
import { Timeline } from './timeline.ts';

const put = (key: number): StorageOperation => ({
  type: 'put',
  table: 'entries',
  key,
  value: new Uint8Array([key]),
});
const limits = { maxCount: 1000, maxBytes: 1_000_000 };

describe('virtual disk', () => {
  test('after a crash holds every synced write and a prefix of those in flight', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 0, max: 60 }), (seed, crashAt) => {
        const timeline = new Timeline();
        const disk = new VirtualDisk(timeline, new Random(seed), 3);
        const synced: number[] = [];
        for (let key = 1; key <= 20; key += 1) {
          timeline.at(key, () => {
            if (key <= crashAt) disk.submit([put(key)], () => synced.push(key));
          });
        }
        while (timeline.advance(crashAt));
        const told = [...synced];
        disk.crash();
        while (timeline.advance(1000));
        expect(synced).toEqual(told);
        const kept = disk.read('entries', 1, 20, limits).map(({ key }) => key);
        expect(kept).toEqual(kept.map((_, place) => place + 1));
        expect(kept.slice(0, synced.length)).toEqual(synced);
        expect(kept.length).toBeLessThanOrEqual(Math.min(crashAt, 20));
      }),
    );
  });

  test('applies a transaction as a whole', async () => {
    const timeline = new Timeline();
    const disk = new VirtualDisk(timeline, new Random(1), 3);
    await disk.write([put(1), put(2), put(3)]);
    disk.submit([{ type: 'delete-from', table: 'entries', from: 2 }, put(2)], () => {});
    expect(disk.read('entries', 0, 9, limits).map(({ key }) => key)).toEqual([1, 2, 3]);
    while (timeline.advance(1000));
    expect(disk.read('entries', 0, 9, limits).map(({ key }) => key)).toEqual([1, 2]);
  });
});
