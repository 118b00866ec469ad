import type { Hash } from '@praline/chain';
import { describe, expect, it } from 'vitest';
import type { NetworkView } from '../threads/thread-contracts.ts';
import { InclusionWaits } from './inclusion-waits.ts';

const HASH = `0x${'ab'.repeat(32)}` as Hash;
const WORKING: NetworkView = {
  connectedValidators: 3,
  quorum: 2,
  validators: 3,
  peers: 2,
  isMember: true,
  leader: 'aa',
  role: 'follower',
  term: 1,
  highestBlock: 0,
};
const DOWN: NetworkView = { ...WORKING, connectedValidators: 1, leader: null };

describe('inclusion waits', () => {
  function make(included: readonly Hash[] = []) {
    const clock = { now: 0 };
    const waits = new InclusionWaits({
      isIncluded: (hash) => included.includes(hash),
      now: () => clock.now,
    });
    return { clock, waits };
  }

  it('end at once for a transaction that a readable block holds', async () => {
    await make([HASH]).waits.wait(HASH);
  });

  it('end for all who wait for one transaction when its block comes', async () => {
    const { waits } = make();
    const both = [waits.wait(HASH), waits.wait(HASH)];
    waits.included([HASH]);
    await Promise.all(both);
  });

  it('tell why the pool dropped the transaction', async () => {
    const { waits } = make();
    const outcome = expect(waits.wait(HASH)).rejects.toMatchObject({ code: 'nonce-too-low' });
    waits.dropped({ hash: HASH, code: 'nonce-too-low', message: 'nonce too low' });
    await outcome;
  });

  it('are given up after 5 s without a quorum, not before, and not while the network works', async () => {
    const { waits, clock } = make();
    let ended = false;
    const outcome = waits.wait(HASH).catch((error: { code: string }) => {
      ended = true;
      return error.code;
    });
    waits.tick(DOWN);
    clock.now = 4_999;
    waits.tick(DOWN);
    clock.now = 7_000;
    waits.tick(WORKING);
    // A leader that dies now is replaced soon: waiting was long, but not for a leader.
    waits.tick(DOWN);
    clock.now = 11_999;
    waits.tick(DOWN);
    await Promise.resolve();
    expect(ended).toBe(false);
    clock.now = 12_000;
    waits.tick(DOWN);
    expect(await outcome).toBe('no-quorum');
  });

  it('give a client its hash before clients give up a request, mined or not', async () => {
    const { waits, clock } = make();
    const wait = waits.wait(HASH);
    clock.now = 8_000;
    waits.tick(WORKING);
    await wait;
  });

  it('end when blocks are not made at once any more', async () => {
    const { waits } = make();
    const both = [waits.wait(HASH), waits.wait(`0x${'cd'.repeat(32)}` as Hash)];
    expect(waits.count).toBe(2);
    waits.release();
    await Promise.all(both);
    expect(waits.count).toBe(0);
  });

  it('are refused when the node shuts down', async () => {
    const { waits } = make();
    const outcome = expect(waits.wait(HASH)).rejects.toMatchObject({ code: 'closed' });
    waits.close();
    await outcome;
  });
});
