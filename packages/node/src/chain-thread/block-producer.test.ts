import fc from 'fast-check';
import type { EntryId } from 'mokka';
import { describe, expect, it } from 'vitest';
import { certificateFor, Replica, ROOT, testFolder, transfer } from './replica.test.support.ts';

const START_MS = 1_800_000_000_000;
type Mining = { readonly mode: 'instant' | 'interval'; readonly emptyBlocks?: boolean };

async function start(mining: Mining = { mode: 'instant' }) {
  const clock = { unixTime: START_MS, now: 0 };
  const replica = await Replica.create(testFolder(), clock, { mining });
  return { clock, replica };
}

/** Transactions in each block so far. */
const counts = (replica: Replica): number[] =>
  replica.blocks.map(({ block }) => block.transactions.length);

describe('instant mining', () => {
  it('proposes nothing without transactions', async () => {
    const { replica } = await start();
    expect(replica.producer.isWanted).toBe(false);
    expect(await replica.propose(ROOT)).toBeNull();
  });

  it('proposes nothing while a block is in flight; what arrives meanwhile shares the next', async () => {
    const { replica } = await start();
    replica.addTransfer();
    const first = await replica.propose(ROOT);
    if (first === null) throw new Error('a transaction waits');
    await replica.application.processProposal(first);
    for (const sender of [0, 1, 1, 2]) replica.addTransfer(sender);
    expect(await replica.propose(first)).toBeNull();
    await replica.application.commit([first], certificateFor(first));
    await replica.step(first);
    expect(counts(replica)).toEqual([1, 4]);
    expect(replica.pool.status()).toEqual({ pending: 0, queued: 0 });
  });

  it('has empty blocks that were asked for follow each other in flight, but none pass a transaction by', async () => {
    const { replica } = await start();
    for (let wanted = 0; wanted < 3; wanted += 1) replica.producer.force(0);
    const first = await replica.propose(ROOT);
    if (first === null) throw new Error('a block was asked for');
    await replica.application.processProposal(first);
    const second = await replica.propose(first);
    if (second === null) throw new Error('another block was asked for');
    await replica.application.processProposal(second);
    replica.addTransfer();
    expect(await replica.propose(second)).toBeNull();
    await replica.application.commit([first, second], certificateFor(second));
    await replica.step(second);
    expect(counts(replica)).toEqual([0, 0, 1]);
    expect(replica.producer.isWanted).toBe(false);
  });

  it('says that it settled after each commit and rollback, so that a leader proposes what came meanwhile', async () => {
    const { replica } = await start();
    replica.addTransfer();
    const entry = await replica.step(ROOT);
    expect(replica.settled).toBe(1);
    await replica.application.rollback(entry ?? ROOT);
    expect(replica.settled).toBe(2);
  });

  it('does not propose what is queued behind a nonce gap', async () => {
    const { replica } = await start();
    replica.pool.add(transfer(0, 1n));
    expect(await replica.propose(ROOT)).toBeNull();
    replica.pool.add(transfer(0, 0n));
    await replica.step(ROOT);
    expect(counts(replica)).toEqual([2]);
  });

  it('makes no empty block of transactions that pay less than the base fee, and mines the others', async () => {
    const { replica } = await start();
    replica.pool.add(transfer(0, 0n, 1n));
    expect(await replica.propose(ROOT)).toBeNull();
    replica.addTransfer(1);
    await replica.step(ROOT);
    expect(counts(replica)).toEqual([1]);
    expect(replica.pool.status().pending).toBe(1);
  });

  it('leaves out a held transaction and its sender, until it is released or held too long', async () => {
    const { replica, clock } = await start();
    const held = replica.addTransfer(0);
    replica.held.hold(held.data.hash);
    replica.addTransfer(0);
    expect(await replica.propose(ROOT)).toBeNull();
    replica.addTransfer(1);
    const first = await replica.step(ROOT);
    expect(counts(replica)).toEqual([1]);
    clock.now = 1_000;
    expect(replica.held.releaseExpired()).toBe(true);
    await replica.step(first ?? ROOT);
    expect(counts(replica)).toEqual([1, 2]);
  });
});

describe('interval mining', () => {
  it('makes one block per interval, with all that came, and none without transactions', async () => {
    const { replica } = await start({ mode: 'interval' });
    replica.addTransfer(0);
    replica.addTransfer(1);
    expect(await replica.propose(ROOT)).toBeNull();
    replica.producer.intervalElapsed();
    const first = await replica.step(ROOT);
    expect(counts(replica)).toEqual([2]);
    replica.addTransfer(0);
    expect(await replica.propose(first ?? ROOT)).toBeNull();
    replica.producer.intervalElapsed();
    const second = await replica.step(first ?? ROOT);
    replica.producer.intervalElapsed();
    expect(await replica.propose(second ?? ROOT)).toBeNull();
    expect(counts(replica)).toEqual([2, 1]);
  });

  it('makes empty blocks where they are asked for', async () => {
    const { replica } = await start({ mode: 'interval', emptyBlocks: true });
    let parent: EntryId = ROOT;
    for (let block = 0; block < 3; block += 1) {
      expect(await replica.propose(parent)).toBeNull();
      replica.producer.intervalElapsed();
      parent = (await replica.step(parent)) ?? parent;
    }
    expect(counts(replica)).toEqual([0, 0, 0]);
  });

  it('makes a block at once when somebody asks for it', async () => {
    const { replica } = await start({ mode: 'interval' });
    replica.addTransfer(0);
    expect(replica.producer.force(0)).toBe(1);
    const first = await replica.step(ROOT);
    expect(counts(replica)).toEqual([1]);
    expect(replica.producer.force(1)).toBe(2);
    await replica.step(first ?? ROOT);
    expect(counts(replica)).toEqual([1, 0]);
  });
});

describe('the time of a block', () => {
  it('is in whole seconds and never before its parent, whatever the clocks of leaders say', async () => {
    const { replica, clock } = await start();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: -10_000, max: 10_000 }), { minLength: 1, maxLength: 5 }),
        async (changes) => {
          for (const change of changes) {
            clock.unixTime += change;
            const { head } = replica.chain;
            const applied = (await replica.application.info()).applied;
            replica.producer.force(head.number);
            await replica.step(applied);
            const { timestamp, number } = replica.chain.head;
            expect(number).toBe(head.number + 1);
            expect(timestamp).toBe(Math.max(head.timestamp, Math.floor(clock.unixTime / 1000)));
            expect(Number.isInteger(timestamp)).toBe(true);
            expect(timestamp).toBeGreaterThanOrEqual(head.timestamp);
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});
