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

  test('a flipped bit is noticed when the value is read, until it is written anew', async () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const disk = new VirtualDisk(new Timeline(), new Random(seed), 3);
      await disk.write([put(1), { type: 'put-record', name: 'term', value: new Uint8Array(8) }]);
      const place = disk.damage();
      const read = (): Promise<unknown> =>
        place === 'record/term' ? disk.records() : disk.get('entries', 1);
      await expect(read()).rejects.toMatchObject({ code: 'corrupt' });
      await disk.write([put(1), { type: 'put-record', name: 'term', value: new Uint8Array(8) }]);
      await expect(read()).resolves.toBeDefined();
    }
  });

  test('on a full disk a write fails, and nothing behind it is written', () => {
    const timeline = new Timeline();
    const disk = new VirtualDisk(timeline, new Random(1), 3);
    let failures = 0;
    disk.onFailed = () => {
      failures += 1;
    };
    disk.submit([put(1)], () => {});
    while (timeline.advance(1000));
    disk.isFull = true;
    disk.submit([put(2)], () => expect.unreachable('was not synced'));
    disk.submit([put(3)], () => expect.unreachable('was not synced'));
    while (timeline.advance(2000));
    expect(failures).toBe(1);
    expect(disk.crash()).toEqual({ lost: 0, kept: 0 });
    expect(disk.read('entries', 0, 9, limits).map(({ key }) => key)).toEqual([1]);
  });
});
