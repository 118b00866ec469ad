import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NetworkView } from '../threads/thread-contracts.ts';
import { ReadableWaits } from './readable-waits.ts';

const WORKING: NetworkView = {
  connectedValidators: 3,
  quorum: 2,
  validators: 3,
  peers: 2,
  isMember: true,
  leader: 'aa',
  role: 'follower',
  term: 1,
  highestBlock: 9,
};
const DOWN: NetworkView = { ...WORKING, connectedValidators: 1, leader: null };

function make() {
  const state = { head: 0, now: 0 };
  const waits = new ReadableWaits({ head: () => state.head, now: () => state.now });
  return { state, waits };
}

describe('waits for a readable block', () => {
  it('end with the block, whatever the order of waits and blocks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 20 }), { maxLength: 20 }),
        fc.array(fc.nat({ max: 5 }), { maxLength: 20 }),
        async (numbers, growth) => {
          const { state, waits } = make();
          const ended = new Set<number>();
          for (let at = 0; at < Math.max(numbers.length, growth.length); at += 1) {
            const number = numbers[at];
            if (number !== undefined) void waits.wait(number).then(() => ended.add(number));
            state.head += growth[at] ?? 0;
            waits.headChanged();
            await Promise.resolve();
            await Promise.resolve();
            for (const asked of numbers.slice(0, at + 1)) {
              expect(ended.has(asked)).toBe(asked <= state.head);
            }
          }
        },
      ),
    );
  });

  it('go on while the network works and this node is busy with a long block', async () => {
    const { state, waits } = make();
    const wait = waits.wait(1);
    waits.tick(WORKING);
    state.now = 30_000;
    waits.tick(WORKING);
    state.head = 1;
    waits.tick(WORKING);
    await wait;
  });

  it('are given up after 5 s without a quorum', async () => {
    const { state, waits } = make();
    const outcome = expect(waits.wait(1)).rejects.toMatchObject({
      code: 'no-quorum',
      message: expect.stringContaining('1 of 3 validators are connected'),
    });
    waits.tick(DOWN);
    state.now = 5_000;
    waits.tick(DOWN);
    await outcome;
  });

  it('are given up after a minute', async () => {
    const { state, waits } = make();
    const outcome = expect(waits.wait(1)).rejects.toMatchObject({ code: 'no-quorum' });
    waits.tick(WORKING);
    state.now = 60_000;
    waits.tick(WORKING);
    await outcome;
  });

  it('are refused when the node shuts down', async () => {
    const { waits } = make();
    const outcome = expect(waits.wait(1)).rejects.toMatchObject({ code: 'closed' });
    waits.close();
    await outcome;
  });
});
