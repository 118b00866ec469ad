/** What a faulty leader may propose: every refusal is a verdict, and costs nothing later. */
import type { Address } from '@praline/chain';
import fc from 'fast-check';
import type { Entry } from 'mokka';
import { describe, expect, it } from 'vitest';
import {
  certificateFor,
  entryOn,
  Replica,
  ROOT,
  type TestClock,
  testFolder,
} from './replica.test.support.ts';

const START_MS = 1_800_000_000_000;
/** More than a chain keeps in flight. */
const MANY = 260;

/** A leader's valid entry with three transfers, and a voter. */
async function start(): Promise<{
  leader: Replica;
  voter: Replica;
  entry: Entry;
  clock: TestClock;
}> {
  const clock = { unixTime: START_MS, now: 0 };
  const folder = testFolder();
  const leader = await Replica.create(folder, clock);
  const voter = await Replica.create(folder, clock);
  for (const sender of [0, 0, 1]) leader.addTransfer(sender);
  const entry = await leader.propose(ROOT);
  if (entry === null) throw new Error('transactions wait');
  return { leader, voter, entry, clock };
}

async function expectStillAccepted(voter: Replica, entry: Entry): Promise<void> {
  await voter.application.rollback(ROOT);
  const { stateDigest } = entry;
  expect(await voter.application.processProposal(entry)).toEqual({ accepted: true, stateDigest });
  await voter.application.commit([entry], certificateFor(entry));
  expect(voter.chain.head.number).toBe(1);
}

describe('a faulty proposal', () => {
  it('gets a verdict whatever bytes were changed, cut or added, never the digest of the valid one', async () => {
    const { voter, entry } = await start();
    const { payload, timestamp } = entry;
    const damaged = fc.oneof(
      fc
        .record({
          at: fc.nat({ max: payload.length - 1 }),
          change: fc.integer({ min: 1, max: 255 }),
        })
        .map(({ at, change }) =>
          payload.map((byte, position) => (position === at ? byte ^ change : byte)),
        ),
      fc.nat({ max: payload.length - 1 }).map((length) => payload.subarray(0, length)),
      fc
        .uint8Array({ minLength: 1, maxLength: 40 })
        .map((more) => Uint8Array.of(...payload, ...more)),
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Uint8Array.of(1, ...bytes)),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        const verdict = await voter.application.processProposal(
          entryOn(ROOT, { payload: bytes, timestamp }),
        );
        // Some header fields are the proposer's to choose; then it is another block.
        if (verdict.accepted) {
          expect(verdict.stateDigest).not.toBe(entry.stateDigest);
        } else {
          expect(verdict.reason).not.toBe('');
        }
      }),
      { numRuns: 300 },
    );
    await expectStillAccepted(voter, entry);
  });

  it('is refused above an entry that is not here', async () => {
    const { voter, entry } = await start();
    const elsewhere = entryOn(ROOT, { kind: 'term-start', timestamp: START_MS, term: 7 });
    const { payload, timestamp } = entry;
    expect(
      await voter.application.processProposal(entryOn(elsewhere, { payload, timestamp })),
    ).toMatchObject({ accepted: false });
    await expectStillAccepted(voter, entry);
  });

  it('does not fill the chain however often it replaces another at its index', async () => {
    const { leader, voter, entry } = await start();
    const { genesis } = leader;
    for (let number = 0; number < MANY; number += 1) {
      const built = await leader.chain.buildBlock(genesis.header.hash, {
        timestamp: START_MS / 1000,
        coinbase: `0x${number.toString(16).padStart(40, '0')}` as Address,
        extraData: '0x',
        candidates: [],
        maxBytes: 100_000,
        allowEmpty: true,
      });
      await leader.chain.retainInFlight(new Set());
      if (built.block === null) throw new Error('an empty block was allowed');
      const payload = Uint8Array.of(1, ...built.raw);
      expect(
        await voter.application.processProposal(entryOn(ROOT, { payload, timestamp: START_MS })),
      ).toMatchObject({ accepted: true });
    }
    await expectStillAccepted(voter, entry);
  });

  it('is refused when its time is further ahead than clocks differ, and accepted once time has come', async () => {
    const { leader, voter, clock } = await start();
    clock.unixTime += 16_000;
    const entry = await leader.propose(ROOT);
    clock.unixTime -= 16_000;
    if (entry === null) throw new Error('transactions wait');
    expect(await voter.application.processProposal(entry)).toMatchObject({ accepted: false });
    clock.unixTime += 1_000;
    await expectStillAccepted(voter, entry);
  });

  it('without a block is refused when its time is too far ahead', async () => {
    const { voter } = await start();
    const entry = entryOn(ROOT, { kind: 'term-start', timestamp: START_MS + 15_001 });
    expect(await voter.application.processProposal(entry)).toMatchObject({ accepted: false });
  });
});

describe('a committed entry', () => {
  it('of a kind this release does not know stops the node, which says what to do', async () => {
    const { voter } = await start();
    const entry = entryOn(ROOT, { payload: Uint8Array.of(9, 1), timestamp: START_MS });
    await expect(voter.application.commit([entry], certificateFor(entry))).rejects.toMatchObject({
      code: 'invalid-block',
      message: expect.stringContaining('Update this node'),
    });
    expect((await voter.application.info()).applied).toEqual(ROOT);
  });
});
