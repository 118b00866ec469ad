import { expect, it } from 'vitest';
import { runLoad } from './load.ts';

it('keeps as many writes in flight as it is told, and counts those of the measured time alone', async () => {
  let inFlight = 0;
  let most = 0;
  let all = 0;
  const result = await runLoad({ inFlight: 5, warmUpMs: 30, measuredMs: 60 }, async (_, value) => {
    expect(value).toHaveLength(100);
    inFlight += 1;
    most = Math.max(most, inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight -= 1;
    all += 1;
  });
  expect(most).toBe(5);
  expect(result.count).toBeGreaterThan(0);
  expect(result.count).toBeLessThan(all);
  expect(result.perSecond).toBeCloseTo((result.count * 1000) / 60);
  expect(result.p50Ms).toBeLessThanOrEqual(result.p99Ms);
});

it('fails when a write fails', async () => {
  const load = { inFlight: 2, warmUpMs: 0, measuredMs: 1000 };
  const failing = runLoad(load, async () => Promise.reject(new Error('refused')));
  await expect(failing).rejects.toThrow('refused');
});
