import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Address,
  type CallRequest,
  Chain,
  createGenesis,
  type DevGenesisOptions,
  devGenesisFile,
  type Hash,
  type Wei,
} from '@praline/chain';
import {
  createEntry,
  type Entry,
  type EntryHash,
  type EntryId,
  type Epoch,
  type LogIndex,
  type NodeId,
  type StateDigest,
  type Term,
} from 'mokka';
import { commitmentToVersionedHash } from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GossipedTransaction, RequestId } from '../gossip/peer-message.ts';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type {
  BlockSummary,
  DroppedTransaction,
  MainForChain,
  RpcForChain,
} from '../threads/thread-contracts.ts';
import { ChainService } from './chain-service.ts';

const FROM = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266' as Address;
const DEVELOPMENT_MNEMONIC = 'test test test test test test test test test test test junk';
const ROOT: EntryId = { index: 0 as LogIndex, hash: '00'.repeat(32) as EntryHash };
const TRANSFER: CallRequest = {
  from: FROM,
  to: FROM,
  gas: 21_000n,
  maxFeePerGas: 10_000_000_000n as Wei,
  maxPriorityFeePerGas: 1n as Wei,
};

/** The other threads: what they are told is kept. */
class Told {
  readonly blocks: BlockSummary[] = [];
  readonly dropped: DroppedTransaction[] = [];
  readonly gossiped: GossipedTransaction[] = [];

  readonly main = events<MainForChain>({
    blockCommitted: (block) => void this.blocks.push(block),
    transactionsAccepted: (transactions) => void this.gossiped.push(...transactions),
  });
  readonly readable: Hash[] = [];
  readonly rpc = events<RpcForChain>({
    blockCommitted: ({ hash }) => void this.readable.push(hash),
    transactionsDropped: (dropped) => void this.dropped.push(...dropped),
  });
}

/** A remote thread that takes every event, and does something with some. */
function events<Functions extends object>(heard: Partial<Functions>): RemoteThread<Functions> {
  const remote = new Proxy(heard, {
    get: (target, name) => {
      const handler: unknown = Reflect.get(target, name);
      const tell = async (...given: unknown[]) => {
        if (typeof handler === 'function') {
          handler(...given);
        }
      };
      return Object.assign(tell, { asEvent: tell });
    },
  });
  return remote as unknown as RemoteThread<Functions>;
}

/** A chain thread's service on a new chain, and the log it is fed as consensus would. */
class TestService {
  readonly told = new Told();
  readonly service: ChainService;
  tip: EntryId = ROOT;
  #requests = 0;

  private constructor(service: ChainService) {
    this.service = service;
    service.connect(this.told);
  }

  static async start(options: DevGenesisOptions = {}): Promise<TestService> {
    const folder = await mkdtemp(join(tmpdir(), 'praline-chain-service-'));
    const genesisJson = devGenesisFile(options);
    const chain = await Chain.create(join(folder, 'chain'), createGenesis(genesisJson));
    await chain.close();
    const coinbase = `0x${'c0'.repeat(20)}` as Address;
    const test = new TestService(
      new ChainService({
        folder: join(folder, 'chain'),
        genesisJson,
        coinbase,
        rootHash: ROOT.hash,
      }),
    );
    await test.service.forMain.start();
    onTestFinished(async () => {
      await test.service.forMain.close();
      await rm(folder, { recursive: true });
    });
    return test;
  }

  /** Signs as leader and submits as the node that asked. */
  async send(request: CallRequest = TRANSFER): Promise<Hash> {
    this.#requests += 1;
    const requestId = this.#requests.toString(16).padStart(32, '0') as RequestId;
    const raw = await this.service.forMain.sign(requestId, request);
    return (await this.service.forRpc.submit(raw, requestId)).hash;
  }

  /** Proposes as leader and accepts the proposal; null when there is nothing to propose. */
  async propose(): Promise<Entry | null> {
    const timestamp = Date.now();
    const term = 1 as Term;
    const proposal = await this.service.forMain.prepareProposal({
      parent: this.tip,
      term,
      timestamp,
      maxBytes: 1_000_000,
    });
    if (proposal === null) {
      return null;
    }
    const entry = createEntry({
      index: (this.tip.index + 1) as LogIndex,
      term,
      epoch: 0 as Epoch,
      parentHash: this.tip.hash,
      stateDigest: '00'.repeat(32) as StateDigest,
      timestamp,
      proposer: 'aa'.repeat(32) as NodeId,
      kind: 'payload',
      payload: proposal.payload,
    });
    expect(await this.service.forMain.processProposal(entry)).toMatchObject({ accepted: true });
    this.tip = { index: entry.index, hash: entry.hash };
    return entry;
  }

  async commit(entries: readonly Entry[]): Promise<void> {
    const last = entries.at(-1);
    if (last === undefined) {
      throw new Error('nothing to commit');
    }
    const { epoch, term, index, hash } = last;
    await this.service.forMain.commit(entries, {
      phase: 'commit',
      epoch,
      term,
      index,
      hash,
      votes: [],
    });
  }

  /** One more entry from proposal to commit. */
  async step(): Promise<Entry> {
    const entry = await this.propose();
    if (entry === null) {
      throw new Error('there was nothing to propose');
    }
    await this.commit([entry]);
    return entry;
  }
}

/** Lets what is due in the present turn of the event loop happen. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a block on demand', () => {
  it('is a block of its own for each who asks', async () => {
    const test = await TestService.start();
    const numbers = Promise.all([test.service.forMain.mine(), test.service.forMain.mine()]);
    await test.step();
    await test.step();
    expect(await numbers).toEqual([1, 2]);
    expect(await test.propose()).toBeNull();
  });

  it('is not the one that was in flight when it was asked for', async () => {
    const test = await TestService.start();
    await test.send();
    const inFlight = await test.propose();
    if (inFlight === null) {
      throw new Error('a transaction waits, but nothing was proposed');
    }
    const number = test.service.forMain.mine();
    await test.commit([inFlight]);
    await test.step();
    expect(await number).toBe(2);
  });

  it('is still owed after the proposal for it came to nothing', async () => {
    const test = await TestService.start();
    const number = test.service.forMain.mine();
    await test.propose();
    await test.service.forMain.rollback(ROOT);
    test.tip = ROOT;
    await test.step();
    expect(await number).toBe(1);
  });
});

describe('a node that commits several blocks at once', () => {
  it('does not report what they hold as dropped', async () => {
    const leader = await TestService.start();
    const follower = await TestService.start();
    const entries: Entry[] = [];
    for (let count = 0; count < 3; count += 1) {
      await leader.send();
      await follower.service.forMain.receive(await leader.service.forMain.pooledForGossip(10_000));
      entries.push(await leader.step());
    }
    expect((await follower.service.forRpc.poolStatus()).pending).toBe(3);
    await follower.commit(entries);
    await turn();
    await turn();
    expect(follower.told.blocks.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(follower.told.dropped).toEqual([]);
    expect(await follower.service.forRpc.poolStatus()).toEqual({ pending: 0, queued: 0 });
  });
});

describe('a transaction that a leader signed', () => {
  it('is not waited for when it stands behind a nonce gap, whoever asked', async () => {
    const test = await TestService.start();
    const requestId = 'ab'.repeat(16) as RequestId;
    const raw = await test.service.forMain.sign(requestId, { ...TRANSFER, nonce: 7n });
    expect(await test.service.forRpc.submit(raw, requestId)).toMatchObject({ place: 'queued' });
    const next = await test.service.forMain.sign(requestId, { ...TRANSFER, nonce: 0n });
    expect(await test.service.forRpc.submit(next, requestId)).toMatchObject({
      place: 'executable',
    });
  });
});

describe('pooled transactions for other nodes', () => {
  it('come all in turn, however few fit into one message, and from the start again', async () => {
    const test = await TestService.start();
    for (let count = 0; count < 3; count += 1) {
      await test.send();
    }
    const offered: Uint8Array[] = [];
    for (let count = 0; count < 6; count += 1) {
      offered.push(...(await test.service.forMain.nextForGossip(1)).map(({ raw }) => raw));
    }
    const pooled = (await test.service.forMain.pooledForGossip(10_000)).map(({ raw }) => raw);
    expect(pooled).toHaveLength(3);
    expect(offered).toEqual([...pooled, ...pooled]);
  });

  it('are bytes of their own, without what came with them', async () => {
    const leader = await TestService.start();
    const follower = await TestService.start();
    await leader.send();
    const [sent] = await leader.service.forMain.pooledForGossip(10_000);
    const message = new Uint8Array(100_000);
    message.set(sent?.raw ?? [], 500);
    const raw = message.subarray(500, 500 + (sent?.raw.length ?? 0));
    await follower.service.forMain.receive([{ raw, requestId: null }]);
    const [pooled] = await follower.service.forMain.pooledForGossip(10_000);
    expect(pooled?.raw.buffer.byteLength).toBe(raw.length);
  });
});

describe('a blob transaction with its blobs', () => {
  it('is mined and passed on without them', async () => {
    const test = await TestService.start();
    const commitment = `0x${'01'.repeat(48)}` as const;
    const blob = `0x${'00'.repeat(131_072)}` as const;
    const signed = await mnemonicToAccount(DEVELOPMENT_MNEMONIC).signTransaction({
      type: 'eip4844',
      chainId: 31_337,
      nonce: 0,
      to: FROM,
      gas: 21_000n,
      maxFeePerGas: 10_000_000_000n,
      maxFeePerBlobGas: 10n,
      blobVersionedHashes: [commitmentToVersionedHash({ commitment })],
      sidecars: [{ blob, commitment, proof: commitment }],
    });
    const { hash } = await test.service.forRpc.submit(Buffer.from(signed.slice(2), 'hex'), null);
    await test.service.forRpc.passedOn();
    expect(test.told.gossiped).toHaveLength(1);
    expect(test.told.gossiped[0]?.raw.length).toBeLessThan(1_000);
    expect(await test.service.forRpc.pooled(hash)).toMatchObject({ type: 3 });
    await test.step();
    expect(test.told.blocks).toMatchObject([{ number: 1, transactionCount: 1 }]);
  });
});

describe('a snapshot', () => {
  it('goes from one chain thread to another, whose pool and listeners follow', async () => {
    const [source, test] = [await TestService.start(), await TestService.start()];
    const hash = await source.send();
    await source.step();
    await source.send();
    await source.step();
    // The same transaction waits here, and is mined by then; a block was promised and is there by then.
    await test.send();
    expect(await test.service.forRpc.pooled(hash)).toBeDefined();
    const mined = test.service.forMain.mine();

    const manifest = await source.service.forMain.offerSnapshot(source.tip.index, source.tip.index);
    if (manifest === null) {
      throw new Error('nothing is offered');
    }
    expect(await test.service.forMain.beginRestore(manifest)).toEqual([]);
    for (const chunk of manifest.chunks.keys()) {
      const bytes = await source.service.forMain.snapshotChunk(manifest.entry, chunk);
      await test.service.forMain.restoreChunk(chunk, bytes ?? new Uint8Array(0));
    }
    const info = await test.service.forMain.finishRestore(Uint8Array.of(1));
    expect(info).toEqual({
      ...(await source.service.forMain.info()),
      certificate: Uint8Array.of(1),
    });
    expect(await mined).toBe(1);
    await turn();
    const last = source.told.blocks.at(-1);
    expect(test.told.blocks).toEqual([{ ...last, executionMs: 0 }]);
    expect(test.told.readable).toEqual([last?.hash]);
    expect(await test.service.forRpc.pooled(hash)).toBeUndefined();
    expect(await test.service.forRpc.pendingNonce(FROM)).toBe(2n);
    // It goes on as if it had been there all the time.
    test.tip = source.tip;
    await test.send();
    await test.step();
    expect(test.told.blocks.at(-1)?.number).toBe(3);
  });
});
