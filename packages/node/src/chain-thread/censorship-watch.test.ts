import type { PooledTransaction } from '@praline/chain';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CensorshipWatch } from './censorship-watch.ts';

const GAS_LIMIT = 30_000_000n;
const EMPTY = { gasLimit: GAS_LIMIT, gasUsed: 0n };
const FULL = { gasLimit: GAS_LIMIT, gasUsed: GAS_LIMIT - 20_000n };

function transaction(name: string): PooledTransaction {
  return { data: { hash: `0x${name}`, gasLimit: 21_000n } } as unknown as PooledTransaction;
}

const victim = transaction('victim');
let pool: PooledTransaction[];
let mineable: boolean;
let now: number;
let offered: string[];
let complaints: boolean[];
let watch: CensorshipWatch;

beforeEach(() => {
  pool = [victim];
  mineable = true;
  now = 1_000;
  offered = [];
  complaints = [];
  watch = new CensorshipWatch(
    { blockTimeMs: 0 },
    {
      candidates: () => pool,
      offer: ({ data }) => offered.push(data.hash),
      isMineable: async () => mineable,
      complain: (active) => complaints.push(active),
      now: () => now,
    },
  );
  watch.leaderChanged({ isAnother: true });
});

/** Blocks with a little time in between. */
function blocks(count: number, header = EMPTY): void {
  for (let block = 0; block < count; block += 1) {
    now += 10;
    watch.blockCommitted(header);
  }
}

const settled = () => vi.waitFor(() => expect(complaints.length).toBeGreaterThan(0));
/** Lets whatever is under way come to its end. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('Rule progress: complaints about a leader that leaves transactions out', () => {
  it('come after enough blocks with room passed over what this node has sent to the leader', async () => {
    blocks(3);
    expect(offered).toEqual(['0xvictim']);
    blocks(7);
    await turn();
    expect(complaints).toEqual([]);
    blocks(1);
    await settled();
    expect(complaints).toEqual([true]);
  });

  it('do not come while blocks have no room for it', async () => {
    blocks(100, FULL);
    await turn();
    expect(offered).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('do not come for what execution refuses', async () => {
    mineable = false;
    blocks(100);
    await turn();
    expect(complaints).toEqual([]);
  });

  it('come when the leader makes no block at all, after it was sent the transaction', async () => {
    watch.tick();
    now += 3_000;
    watch.tick();
    expect(offered).toEqual(['0xvictim']);
    await turn();
    expect(complaints).toEqual([]);
    now += 3_000;
    watch.tick();
    await settled();
  });

  it('end when it is mined, and begin anew under another leader', async () => {
    blocks(11);
    await settled();
    pool = [];
    blocks(1);
    expect(complaints).toEqual([true, false]);
    pool = [victim];
    watch.leaderChanged({ isAnother: true });
    blocks(8);
    await turn();
    expect(complaints).toEqual([true, false]);
    blocks(3);
    await vi.waitFor(() => expect(complaints).toEqual([true, false, true]));
  });

  it('are not made by a node that leads', async () => {
    watch.leaderChanged({ isAnother: false });
    blocks(100);
    now += 60_000;
    watch.tick();
    await turn();
    expect([offered, complaints]).toEqual([[], []]);
  });

  it('watch a bounded number of transactions', () => {
    pool = Array.from({ length: 1_000 }, (_, index) => transaction(String(index)));
    blocks(3);
    expect(offered).toHaveLength(32);
  });
});
