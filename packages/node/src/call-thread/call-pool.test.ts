import type { CallExecutor, CallResult } from '@praline/chain';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CallPool, type CallWorker } from './call-pool.ts';

const RESULT: CallResult = { status: 'success', output: '0x', gasUsed: 1n };

/** Workers whose calls end when the test says so. */
class TestWorkers {
  readonly started: { finish: () => void; worker: number }[] = [];
  readonly killed: number[] = [];
  readonly deaths: ((error: Error) => void)[] = [];
  /** What new workers wait for before they take calls. */
  ready: Promise<void> = Promise.resolve();

  readonly spawn = (onDeath: (error: Error) => void): CallWorker => {
    const worker = this.deaths.length;
    this.deaths.push(onDeath);
    const call = (): Promise<CallResult> =>
      new Promise((resolve) => {
        this.started.push({ worker, finish: () => resolve(RESULT) });
      });
    return {
      executor: { call } as unknown as CallExecutor,
      ready: this.ready,
      kill: async () => {
        this.killed.push(worker);
      },
    };
  };
}

const latest = { tag: 'latest' } as const;
const limits = { timeLimitMs: 10_000, startLimitMs: 60_000 };
/** Until calls have reached the workers that are ready. */
const taken = (): Promise<void> => new Promise(setImmediate);

afterEach(() => {
  vi.useRealTimers();
});

describe('call pool', () => {
  it('runs one call a thread at a time, in the order of asking', async () => {
    const workers = new TestWorkers();
    const pool = new CallPool({ threads: 2, ...limits }, workers);
    const calls = [1, 2, 3].map(() => pool.call({}, latest));
    await taken();
    expect(workers.started).toHaveLength(2);
    workers.started[0]?.finish();
    expect(await calls[0]).toEqual(RESULT);
    await taken();
    expect(workers.started.map(({ worker }) => worker)).toEqual([0, 1, 0]);
    await Promise.all([
      pool.close(),
      expect(calls[1]).rejects.toMatchObject({ code: 'closed' }),
      expect(calls[2]).rejects.toMatchObject({ code: 'closed' }),
    ]);
  });

  it('ends a call that runs too long, with its thread, and goes on with another', async () => {
    const workers = new TestWorkers();
    const pool = new CallPool({ ...limits, threads: 1, timeLimitMs: 20 }, workers);
    const stuck = pool.call({}, latest);
    const next = pool.call({}, latest);
    await expect(stuck).rejects.toMatchObject({ code: 'execution-timeout' });
    expect(workers.killed).toEqual([0]);
    await taken();
    workers.started[1]?.finish();
    expect(await next).toEqual(RESULT);
    expect(workers.started[1]?.worker).toBe(1);
    await pool.close();
  });

  it('counts the time of a call from when its thread has started', async () => {
    vi.useFakeTimers();
    const workers = new TestWorkers();
    let start = (): void => {};
    workers.ready = new Promise((resolve) => {
      start = resolve;
    });
    const pool = new CallPool({ ...limits, threads: 1 }, workers);
    const first = pool.call({}, latest);
    await vi.advanceTimersByTimeAsync(limits.timeLimitMs * 5);
    start();
    await vi.advanceTimersByTimeAsync(limits.timeLimitMs - 1);
    workers.started[0]?.finish();
    expect(await first).toEqual(RESULT);
    await pool.close();
  });

  it('does not wait for ever for a thread that does not start', async () => {
    vi.useFakeTimers();
    const workers = new TestWorkers();
    workers.ready = new Promise(() => {});
    const pool = new CallPool({ ...limits, threads: 1 }, workers);
    const refused = expect(pool.call({}, latest)).rejects.toMatchObject({
      code: 'execution-timeout',
      message: 'no thread for the call started (timeout = 60s)',
    });
    workers.ready = Promise.resolve();
    const next = pool.call({}, latest);
    await vi.advanceTimersByTimeAsync(limits.startLimitMs);
    await refused;
    expect(workers.killed).toEqual([0]);
    workers.started[0]?.finish();
    expect(await next).toEqual(RESULT);
    await pool.close();
  });

  it('replaces a thread that dies and rejects its call', async () => {
    const workers = new TestWorkers();
    const pool = new CallPool({ threads: 1, ...limits }, workers);
    const lost = pool.call({}, latest);
    const next = pool.call({}, latest);
    await taken();
    workers.deaths[0]?.(new Error('out of memory'));
    await expect(lost).rejects.toThrow('out of memory');
    await taken();
    workers.started[1]?.finish();
    expect(await next).toEqual(RESULT);
    await pool.close();
  });

  it('refuses more calls than it may hold', async () => {
    const workers = new TestWorkers();
    const pool = new CallPool({ threads: 1, ...limits }, workers);
    const held = Array.from({ length: 1025 }, () => pool.call({}, latest));
    const outcomes = Promise.allSettled(held);
    await expect(pool.call({}, latest)).rejects.toMatchObject({ code: 'too-many-calls' });
    await pool.close();
    expect((await outcomes).every(({ status }) => status === 'rejected')).toBe(true);
  });
});
