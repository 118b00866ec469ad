import type { CallExecutor, CallResult } from '@praline/chain';
import { describe, expect, it } from 'vitest';
import { CallPool, type CallWorker } from './call-pool.ts';

const RESULT: CallResult = { status: 'success', output: '0x', gasUsed: 1n };

/** Workers whose calls end when the test says so. */
class TestWorkers {
  readonly started: { finish: () => void; worker: number }[] = [];
  readonly killed: number[] = [];
  readonly deaths: ((error: Error) => void)[] = [];

  readonly spawn = (onDeath: (error: Error) => void): CallWorker => {
    const worker = this.deaths.length;
    this.deaths.push(onDeath);
    const call = (): Promise<CallResult> =>
      new Promise((resolve) => {
        this.started.push({ worker, finish: () => resolve(RESULT) });
      });
    return {
      executor: { call } as unknown as CallExecutor,
      kill: async () => {
        this.killed.push(worker);
      },
    };
  };
}

const latest = { tag: 'latest' } as const;

describe('call pool', () => {
  it('runs one call a thread at a time, in the order of asking', async () => {
    const workers = new TestWorkers();
    const pool = new CallPool({ threads: 2, timeLimitMs: 10_000 }, workers);
    const calls = [1, 2, 3].map(() => pool.call({}, latest));
    expect(workers.started).toHaveLength(2);
    workers.started[0]?.finish();
    expect(await calls[0]).toEqual(RESULT);
    expect(workers.started.map(({ worker }) => worker)).toEqual([0, 1, 0]);
    await Promise.all([
      pool.close(),
      expect(calls[1]).rejects.toMatchObject({ code: 'closed' }),
      expect(calls[2]).rejects.toMatchObject({ code: 'closed' }),
    ]);
  });

  it('ends a call that runs too long, with its thread, and goes on with another', async () => {
    const workers = new TestWorkers();
    const pool = new CallPool({ threads: 1, timeLimitMs: 20 }, workers);
    const stuck = pool.call({}, latest);
    const next = pool.call({}, latest);
    await expect(stuck).rejects.toMatchObject({ code: 'execution-timeout' });
    expect(workers.killed).toEqual([0]);
    workers.started[1]?.finish();
    expect(await next).toEqual(RESULT);
    expect(workers.started[1]?.worker).toBe(1);
    await pool.close();
  });

  it('replaces a thread that dies and rejects its call', async () => {
    const workers = new TestWorkers();
    const pool = new CallPool({ threads: 1, timeLimitMs: 10_000 }, workers);
    const lost = pool.call({}, latest);
    const next = pool.call({}, latest);
    workers.deaths[0]?.(new Error('out of memory'));
    await expect(lost).rejects.toThrow('out of memory');
    workers.started[1]?.finish();
    expect(await next).toEqual(RESULT);
    await pool.close();
  });

  it('refuses more calls than it may hold', async () => {
    const workers = new TestWorkers();
    const pool = new CallPool({ threads: 1, timeLimitMs: 10_000 }, workers);
    const held = Array.from({ length: 1025 }, () => pool.call({}, latest));
    const outcomes = Promise.allSettled(held);
    await expect(pool.call({}, latest)).rejects.toMatchObject({ code: 'too-many-calls' });
    await pool.close();
    expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true);
  });
});
