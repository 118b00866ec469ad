import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Address,
  Chain,
  createGenesis,
  devGenesisFile,
  Mempool,
  type MempoolHead,
} from '@praline/chain';
import {
  type CommitCertificate,
  createEntry,
  type Entry,
  type EntryHash,
  type Epoch,
  type LogIndex,
  type NodeId,
  type StateDigest,
  type Term,
} from 'mokka';
import { describe, expect, it, onTestFinished } from 'vitest';
import { encodeBlockPayload } from './block-payload.ts';
import { BlockProducer } from './block-producer.ts';
import { ChainApplication } from './chain-application.ts';
import { HeldTransactions } from './held-transactions.ts';
import { OperationQueue } from './operation-queue.ts';
import { Replica } from './replica.test.support.ts';

const ROOT = '00'.repeat(32) as EntryHash;
const COINBASE = `0x${'c0'.repeat(20)}` as Address;
/** Above the bound on blocks in flight, which would make a leak an error. */
const MANY = 260;

/** An application on a new chain, with a clock that the test sets, and the log that it is fed. */
async function startApplication() {
  const folder = await mkdtemp(join(tmpdir(), 'praline-application-'));
  const genesis = createGenesis(devGenesisFile({}));
  const chain = await Chain.create(join(folder, 'own'), genesis);
  const leader = await Chain.create(join(folder, 'leader'), genesis);
  onTestFinished(async () => {
    await chain.close();
    await leader.close();
    await rm(folder, { recursive: true });
  });
  const head: MempoolHead = {
    account: () => ({ nonce: 0n, balance: 0n }),
    gasLimit: () => chain.head.gasLimit,
    baseFee: () => chain.head.baseFeePerGas ?? 0n,
    common: () => genesis.common,
  };
  const producer = new BlockProducer(
    { genesis, coinbase: COINBASE },
    { chain, pool: new Mempool(head), held: new HeldTransactions(() => 0) },
  );
  const clock = { unixTime: (chain.head.timestamp + 10) * 1000 };
  const application = new ChainApplication(ROOT, {
    chain,
    producer,
    unixTime: () => clock.unixTime,
    now: () => 0,
    operations: new OperationQueue(),
    onApplied: () => {},
    onSettled: () => {},
  });
  return { chain, leader, application, clock };
}

function entryOn(
  parent: { readonly index: number; readonly hash: EntryHash },
  payload: Uint8Array,
  timestamp: number,
): Entry {
  return createEntry({
    index: (parent.index + 1) as LogIndex,
    term: 1 as Term,
    epoch: 0 as Epoch,
    parentHash: parent.hash,
    stateDigest: '00'.repeat(32) as StateDigest,
    timestamp,
    proposer: 'aa'.repeat(32) as NodeId,
    kind: 'payload',
    payload,
  });
}

function certificateFor(entry: Entry): CommitCertificate {
  const { epoch, term, index, hash } = entry;
  return { phase: 'commit', epoch, term, index, hash, votes: [] };
}

/** An empty block on the head of the leader's chain. */
async function blockOf(chain: Chain, timestamp: number, extra = 0): Promise<Uint8Array> {
  const built = await chain.buildBlock(chain.head.hash, {
    timestamp,
    coinbase: COINBASE,
    extraData: `0x${extra.toString(16).padStart(8, '0')}`,
    candidates: [],
    maxBytes: 100_000,
    allowEmpty: true,
  });
  await chain.retainInFlight(new Set());
  if (built.block === null) {
    throw new Error('an empty block was allowed');
  }
  return built.raw;
}

describe('the chain as application', () => {
  it('tells of its own block how long building it took', async () => {
    let reads = 0;
    const clock = {
      unixTime: 1_800_000_000_000,
      // Time passes with every look at the clock.
      get now(): number {
        reads += 1;
        return reads;
      },
    };
    const folder = await mkdtemp(join(tmpdir(), 'praline-application-'));
    const replica = await Replica.create(folder, clock);
    onTestFinished(async () => {
      await replica.chain.close();
      await rm(folder, { recursive: true });
    });
    replica.addTransfer();
    await replica.step({ index: 0 as LogIndex, hash: ROOT });
    expect(replica.blocks).toMatchObject([{ executionMs: 2 }]);
  });

  it('refuses a block whose time is not its entry, however often, and goes on', async () => {
    const { chain, leader, application, clock } = await startApplication();
    const root = { index: 0, hash: ROOT };
    const seconds = clock.unixTime / 1000;
    for (let extra = 0; extra < MANY; extra += 1) {
      const raw = await blockOf(leader, seconds, extra);
      const entry = entryOn(root, encodeBlockPayload(raw), clock.unixTime - 1000);
      expect(await application.processProposal(entry)).toMatchObject({ accepted: false });
    }
    const good = entryOn(root, encodeBlockPayload(await blockOf(leader, seconds)), clock.unixTime);
    expect(await application.processProposal(good)).toMatchObject({ accepted: true });
    await application.commit([good], certificateFor(good));
    expect(chain.head.number).toBe(1);
  }, 60_000);

  it('refuses a block that stands in the entry below already', async () => {
    const { chain, leader, application, clock } = await startApplication();
    const raw = await blockOf(leader, clock.unixTime / 1000);
    const first = entryOn({ index: 0, hash: ROOT }, encodeBlockPayload(raw), clock.unixTime);
    const second = entryOn(first, encodeBlockPayload(raw), clock.unixTime);
    expect(await application.processProposal(first)).toMatchObject({ accepted: true });
    expect(await application.processProposal(second)).toMatchObject({ accepted: false });
    await application.commit([first], certificateFor(first));
    expect(chain.head.number).toBe(1);
  });

  it('accepts a rolled back block again from the next leader', async () => {
    const { chain, leader, application, clock } = await startApplication();
    const root = { index: 0 as LogIndex, hash: ROOT };
    const raw = await blockOf(leader, clock.unixTime / 1000);
    const before = entryOn(root, encodeBlockPayload(raw), clock.unixTime);
    await application.processProposal(before);
    await application.rollback(root);
    const again = entryOn(root, encodeBlockPayload(raw), clock.unixTime + 1);
    expect(await application.processProposal(again)).toMatchObject({ accepted: true });
    await application.commit([again], certificateFor(again));
    expect(chain.head.number).toBe(1);
    expect((await application.info()).applied).toEqual({ index: 1, hash: again.hash });
  });

  it('refuses a time far ahead of its clock, a kind it does not know, and what is no block', async () => {
    const { leader, application, clock } = await startApplication();
    const root = { index: 0, hash: ROOT };
    const ahead = clock.unixTime + 16_000;
    const raw = await blockOf(leader, ahead / 1000);
    for (const entry of [
      entryOn(root, encodeBlockPayload(raw), ahead),
      entryOn(root, Uint8Array.of(2, 1), clock.unixTime),
      entryOn(root, Uint8Array.of(1, 0xc0), clock.unixTime),
      entryOn(root, new Uint8Array(), clock.unixTime),
    ]) {
      expect(await application.processProposal(entry)).toMatchObject({ accepted: false });
    }
    expect((await application.info()).applied).toEqual(root);
  });
});
