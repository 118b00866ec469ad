import type { NodeId } from 'mokka';
import { describe, expect, it } from 'vitest';
import { GossipInbox } from './gossip-inbox.ts';
import type { GossipedTransaction } from './peer-message.ts';

const FLOODER = 'f'.repeat(64) as NodeId;
const OTHER = 'a'.repeat(64) as NodeId;

function transactions(count: number, bytes: number): GossipedTransaction[] {
  const raw = new Uint8Array(bytes);
  return Array.from({ length: count }, () => ({ raw, requestId: null }));
}

/** A pool that takes what it is given when the test says so. */
class SlowPool {
  readonly batches: (readonly GossipedTransaction[])[] = [];
  readonly errors: unknown[] = [];
  #answer: ((error?: Error) => void) | null = null;
  readonly inbox = new GossipInbox({
    receive: (batch) => {
      expect(this.#answer).toBeNull();
      this.batches.push(batch);
      return new Promise((resolve, reject) => {
        this.#answer = (error) => (error === undefined ? resolve() : reject(error));
      });
    },
    onError: (error) => void this.errors.push(error),
  });

  async answer(error?: Error): Promise<void> {
    const answer = this.#answer;
    this.#answer = null;
    answer?.(error);
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Answers until nothing comes any more; how many transactions came in all. */
  async drain(): Promise<number> {
    while (this.#answer !== null) await this.answer();
    return this.batches.reduce((sum, batch) => sum + batch.length, 0);
  }
}

describe('transactions on their way into the pool', () => {
  it('come in the order of their sender, all of them', async () => {
    const pool = new SlowPool();
    const sent = transactions(500, 10);
    pool.inbox.add(OTHER, sent.slice(0, 300));
    pool.inbox.add(OTHER, sent.slice(300));
    expect(await pool.drain()).toBe(500);
    const got = pool.batches.flat();
    expect(got.every((transaction, position) => transaction === sent[position])).toBe(true);
  });

  it('wait for one batch at most, however much another peer sends', async () => {
    const pool = new SlowPool();
    for (let message = 0; message < 100; message += 1) {
      pool.inbox.add(FLOODER, transactions(512, 100));
    }
    const [mine] = transactions(1, 10);
    if (mine === undefined) throw new Error();
    pool.inbox.add(OTHER, [mine]);
    await pool.answer();
    await pool.answer();
    expect(pool.batches.slice(0, 3).flat()).toContain(mine);
  });

  it.each([
    [1, 32_513],
    [100_000, 41],
  ])('are bounded for each peer when each has %d bytes', async (bytes, waiting) => {
    const pool = new SlowPool();
    for (let message = 0; message < 100; message += 1) {
      pool.inbox.add(FLOODER, transactions(512, bytes));
    }
    const [first = []] = pool.batches;
    expect(await pool.drain()).toBe(first.length + waiting);
  });

  it('go on after a failure, which is reported', async () => {
    const pool = new SlowPool();
    pool.inbox.add(OTHER, transactions(100, 10));
    await pool.answer(new Error('failed'));
    expect(await pool.drain()).toBe(100);
    expect(pool.errors).toHaveLength(1);
  });
});
