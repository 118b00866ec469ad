import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NodeMetrics } from './metrics.ts';

const REFERENCE = new URL('../../../../docs/reference/mokka-rpc.md', import.meta.url);

function newMetrics(): NodeMetrics {
  const zero = (): number => 0;
  return new NodeMetrics({
    term: zero,
    isLeader: () => false,
    hasLeader: () => false,
    epoch: () => 2,
    validators: () => 4,
    connectedValidators: zero,
    commitIndex: zero,
    appliedIndex: zero,
    evidence: zero,
    pool: () => ({ pending: 2, queued: 3 }),
  });
}

describe('metrics', () => {
  it('are those of the reference, with their kinds', async () => {
    const text = await newMetrics().text();
    const own = [...text.matchAll(/^# TYPE (praline_\w+) (\w+)$/gm)].map(
      ([, name, kind]) => `${name} ${kind}`,
    );
    const described = [
      ...readFileSync(REFERENCE, 'utf8').matchAll(/^\| `(praline_\w+)` \| (\w+) \|/gm),
    ].map(([, name, kind]) => `${name} ${kind}`);
    expect(own.length).toBeGreaterThan(0);
    expect(described.sort()).toEqual(own.sort());
  });

  it('are read when they are asked for', async () => {
    const text = await newMetrics().text();
    expect(text).toContain('praline_pool_pending_transactions 2');
    expect(text).toContain('praline_pool_queued_transactions 3');
  });
});
