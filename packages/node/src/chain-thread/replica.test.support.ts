/** The chain thread's parts without threads, fed by tests as consensus would. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Address,
  Chain,
  createGenesis,
  DEV_MNEMONIC,
  DevelopmentAccountSet,
  type DevGenesisOptions,
  decodeTransaction,
  devGenesisFile,
  type Genesis,
  Mempool,
  type SignedTransaction,
  signTransaction,
  type Wei,
} from '@praline/chain';
import {
  type CommitCertificate,
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
import { onTestFinished } from 'vitest';
import { BlockProducer } from './block-producer.ts';
import { type AppliedBlock, type AppliedOperation, ChainApplication } from './chain-application.ts';
import { ChainSnapshots } from './chain-snapshots.ts';
import { HeldTransactions } from './held-transactions.ts';
import { NextBlockRules } from './next-block-rules.ts';
import { OperationQueue, requestIdOf } from './operation-queue.ts';

/** Stands for the log before its first entry. */
export const ROOT: EntryId = { index: 0 as LogIndex, hash: '00'.repeat(32) as EntryHash };
export const COINBASE = `0x${'c0'.repeat(20)}` as Address;
/** Funded in the genesis block. */
export const ACCOUNTS = new DevelopmentAccountSet(DEV_MNEMONIC, 10);
const MAX_BYTES = 1_000_000;

/** A folder that is gone after the test, or when `dispose` is called. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'praline-replica-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Milliseconds, set by the test and shared by replicas. */
export interface TestClock {
  unixTime: number;
  now: number;
}

/** One node's chain, pool, producer and application. */
export class Replica {
  readonly genesis: Genesis;
  readonly chain: Chain;
  readonly pool: Mempool;
  readonly held: HeldTransactions;
  readonly producer: BlockProducer;
  readonly application: ChainApplication;
  readonly snapshots: ChainSnapshots;
  /** What was reported as final. */
  readonly blocks: AppliedBlock[] = [];
  readonly applied: AppliedOperation[] = [];
  readonly operations = new OperationQueue();
  settled = 0;
  readonly #folder: string;
  readonly #clock: TestClock;

  private constructor(chain: Chain, genesis: Genesis, folder: string, clock: TestClock) {
    this.chain = chain;
    this.genesis = genesis;
    this.#folder = folder;
    this.#clock = clock;
    const rules = new NextBlockRules(chain, genesis);
    this.pool = new Mempool({
      account: (address) => {
        const account = chain.stateAfter(chain.position.id)?.getAccount(address);
        return { nonce: account?.nonce ?? 0n, balance: account?.balance ?? 0n };
      },
      gasLimit: () => chain.head.gasLimit,
      baseFee: () => chain.head.baseFeePerGas ?? 0n,
      common: () => rules.get(),
    });
    this.held = new HeldTransactions(() => clock.now);
    this.producer = new BlockProducer(
      { genesis, coinbase: COINBASE },
      { chain, pool: this.pool, held: this.held },
    );
    this.application = new ChainApplication(ROOT.hash, {
      chain,
      producer: this.producer,
      unixTime: () => clock.unixTime,
      now: () => clock.now,
      operations: this.operations,
      onApplied: (applied) => {
        const blocks = applied.flatMap((one) => (one.kind === 'block' ? [one] : []));
        this.blocks.push(...blocks);
        this.applied.push(...applied.flatMap((one) => (one.kind === 'operation' ? [one] : [])));
        for (const { request } of this.applied) this.operations.applied(requestIdOf(request));
        const mined = new Set(
          blocks.flatMap(({ block }) => block.transactions.map(({ hash }) => hash)),
        );
        if (blocks.length < applied.length) this.pool.onStateReplaced(mined);
        else this.pool.onBlockCommitted(new Set(blocks.flatMap(({ touched }) => touched)), mined);
      },
      onSettled: () => {
        this.settled += 1;
      },
    });
    this.snapshots = new ChainSnapshots({
      chain,
      application: this.application,
      onRestored: (head, { index }) => {
        this.pool.onStateReplaced();
        this.blocks.push({ ...head, entryIndex: index, executionMs: 0 });
      },
    });
  }

  /** A new chain in a folder of its own below `parent`. */
  static async create(
    parent: string,
    clock: TestClock,
    options: DevGenesisOptions = {},
  ): Promise<Replica> {
    const folder = mkdtempSync(join(parent, 'chain-'));
    const genesis = createGenesis(devGenesisFile(options));
    return new Replica(await Chain.create(folder, genesis), genesis, folder, clock);
  }

  /** The node after an orderly stop and start. */
  async restart(): Promise<Replica> {
    await this.chain.close();
    const chain = await Chain.open(this.#folder, this.genesis);
    return new Replica(chain, this.genesis, this.#folder, this.#clock);
  }

  /** The node after it was killed at this instant: it goes on with what the disk holds. */
  async killAndRestart(): Promise<Replica> {
    const folder = `${this.#folder}+`;
    cpSync(this.#folder, folder, { recursive: true });
    await this.chain.close();
    const chain = await Chain.open(folder, this.genesis);
    return new Replica(chain, this.genesis, folder, this.#clock);
  }

  /** Proposes as leader on `parent`; null when there is nothing to propose. */
  async propose(parent: EntryId, timestamp = this.#clock.unixTime): Promise<Entry | null> {
    const proposal = await this.application.prepareProposal({
      parent,
      term: 1 as Term,
      timestamp,
      maxBytes: MAX_BYTES,
    });
    return proposal === null ? null : entryOn(parent, { ...proposal, timestamp });
  }

  /** Proposes, accepts and commits one entry. Answers null when there is nothing to propose. */
  async step(parent: EntryId, timestamp?: number): Promise<Entry | null> {
    const entry = await this.propose(parent, timestamp);
    if (entry !== null) {
      await this.application.processProposal(entry);
      await this.application.commit([entry], certificateFor(entry));
    }
    return entry;
  }

  /** A transfer of one wei in the pool, with the sender's next nonce. */
  addTransfer(sender = 0): SignedTransaction {
    const signed = transfer(sender, this.pool.pendingNonce(addressOf(sender)));
    this.pool.add(signed);
    return signed;
  }
}

export function addressOf(account: number): Address {
  const address = ACCOUNTS.addresses[account];
  if (address === undefined) {
    throw new Error(`There is no account ${account}`);
  }
  return address;
}

/** One wei from a development account to itself. */
export function transfer(sender: number, nonce: bigint, feeCap = 10_000_000_000n) {
  const from = addressOf(sender);
  const key = Buffer.from(ACCOUNTS.privateKey(from).slice(2), 'hex');
  const unsigned = {
    type: 2,
    chainId: 31_337n,
    nonce,
    gasLimit: 21_000n,
    to: from,
    value: 1n as Wei,
    input: '0x',
    maxFeePerGas: feeCap as Wei,
    maxPriorityFeePerGas: (feeCap < 1_000_000_000n ? feeCap : 1_000_000_000n) as Wei,
    accessList: [],
  } as const;
  return decodeTransaction(signTransaction(unsigned, key));
}

export function entryOn(
  parent: EntryId,
  content: {
    readonly payload?: Uint8Array;
    readonly stateDigest?: StateDigest;
    readonly timestamp: number;
    readonly kind?: Entry['kind'];
    readonly term?: number;
  },
): Entry {
  return createEntry({
    index: (parent.index + 1) as LogIndex,
    term: (content.term ?? 1) as Term,
    epoch: 0 as Epoch,
    parentHash: parent.hash,
    stateDigest: content.stateDigest ?? ('00'.repeat(32) as StateDigest),
    timestamp: content.timestamp,
    proposer: 'aa'.repeat(32) as NodeId,
    kind: content.kind ?? 'payload',
    payload: content.payload ?? new Uint8Array(),
  });
}

export function certificateFor(entry: Entry): CommitCertificate {
  const { epoch, term, index, hash } = entry;
  return { phase: 'commit', epoch, term, index, hash, votes: [] };
}
