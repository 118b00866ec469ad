/**
 * What the chain thread serves: the application interface and gossip to the main thread, the pool to the RPC thread.
 * Everything that executes blocks or changes the pool happens here, in one thread.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type Address,
  Chain,
  createGenesis,
  DevelopmentAccountSet,
  type DevelopmentOperation,
  decodeOperation,
  type Genesis,
  isUsed,
  Mempool,
  type MempoolHead,
  nextBaseFee,
  ROLLBACK_DEPTH_MAX,
} from '@praline/chain';
import type { EntryHash } from 'mokka';
import type { GossipedTransaction, RequestId } from '../gossip/peer-message.ts';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type {
  ChainForMain,
  ChainForRpc,
  DroppedTransaction,
  MainForChain,
  RpcForChain,
} from '../threads/thread-contracts.ts';
import { BlockProducer } from './block-producer.ts';
import { CensorshipWatch } from './censorship-watch.ts';
import { ChainApplication } from './chain-application.ts';
import { ChainSnapshots } from './chain-snapshots.ts';
import { HeldTransactions } from './held-transactions.ts';
import { IntervalMining } from './interval-mining.ts';
import { NextBlockRules } from './next-block-rules.ts';
import { OperationQueue } from './operation-queue.ts';
import { publishApplied } from './publish-applied.ts';
import { RequestedBlocks } from './requested-blocks.ts';
import { TransactionDesk } from './transaction-desk.ts';
import { TurnBatch } from './turn-batch.ts';

/** How often held transactions are looked at, in milliseconds. */
const HELD_CHECK_INTERVAL_MS = 250;
/** How often it is looked whether the leader makes blocks, in milliseconds. */
const CENSORSHIP_CHECK_INTERVAL_MS = 500;

export interface ChainServiceOptions {
  readonly folder: string;
  readonly genesisJson: unknown;
  readonly coinbase: Address;
  /** Stands for the log before its first entry. */
  readonly rootHash: EntryHash;
  /** Last blocks whose states are kept. Default: all. */
  readonly stateHistory?: number;
}

export interface ChainRemotes {
  readonly main: RemoteThread<MainForChain>;
  readonly rpc: RemoteThread<RpcForChain>;
}

export class ChainService {
  readonly #options: ChainServiceOptions;
  #remotes: ChainRemotes | null = null;
  #running: Running | null = null;

  constructor(options: ChainServiceOptions) {
    this.#options = options;
  }

  /** Before any call: the threads that are told what happens. */
  connect(remotes: ChainRemotes): void {
    this.#remotes = remotes;
  }

  readonly forMain: ChainForMain = {
    start: async () => {
      if (this.#remotes === null) {
        throw new Error('The chain thread is not connected');
      }
      this.#running = await startRunning(this.#options, this.#remotes);
      const { head, development } = this.#running.chain.position;
      const isDeveloped = isUsed(development);
      return { blockNumber: head.number, blockHash: head.hash, isDeveloped };
    },
    info: () => this.#required.application.info(),
    prepareProposal: (request) => this.#required.application.prepareProposal(request),
    processProposal: (entry) => this.#required.application.processProposal(entry),
    commit: (entries, certificate) => this.#required.application.commit(entries, certificate),
    rollback: (to) => this.#required.application.rollback(to),
    offerSnapshot: (minimum, committed) =>
      this.#required.snapshots.offerSnapshot(minimum, committed),
    snapshotChunk: (entry, chunk) => this.#required.snapshots.snapshotChunk(entry, chunk),
    beginRestore: (manifest) => this.#required.snapshots.beginRestore(manifest),
    restoreChunk: (chunk, bytes) => this.#required.snapshots.restoreChunk(chunk, bytes),
    finishRestore: (certificate) => this.#required.snapshots.finishRestore(certificate),
    abandonRestore: () => this.#required.snapshots.abandonRestore(),
    receive: async (transactions) => this.#required.desk.receive(transactions),
    pooledForGossip: async (maxBytes) => this.#required.desk.pooledForGossip(maxBytes),
    nextForGossip: async (maxBytes) => this.#required.desk.nextForGossip(maxBytes),
    sign: async (requestId, request) => this.#required.desk.sign(requestId, request),
    mine: () => this.#required.mine(),
    develop: async (requestId, operation) =>
      this.#required.develop(requestId, decodeOperation(operation)),
    leaderChanged: (leader) => {
      this.#running?.censorship?.leaderChanged(leader);
      if (leader.isAnother) {
        this.#running?.operations.clear();
      }
    },
    close: async () => {
      await this.#running?.close();
    },
  };

  readonly forRpc: ChainForRpc = {
    submit: async (raw, requestId) => this.#required.desk.submit(raw, requestId),
    passedOn: () => this.#required.passedOn(),
    pooled: async (hash) => this.#required.pool.get(hash)?.data,
    pendingNonce: async (address) => this.#required.pool.pendingNonce(address),
    poolStatus: async () => this.#required.pool.status(),
    poolContent: async () => this.#required.pool.content(),
  };

  get #required(): Running {
    if (this.#running === null) {
      throw new Error('The chain is not open yet');
    }
    return this.#running;
  }
}

interface Running {
  readonly chain: Chain;
  readonly pool: Mempool;
  readonly application: ChainApplication;
  readonly snapshots: ChainSnapshots;
  readonly desk: TransactionDesk;
  readonly operations: OperationQueue;
  /** Only where leaders may be malicious. */
  readonly censorship: CensorshipWatch | null;
  /** Resolves when what was submitted before has reached the main thread. */
  passedOn(): Promise<void>;
  mine(): Promise<number>;
  develop(requestId: RequestId, operation: DevelopmentOperation): Promise<void>;
  close(): Promise<void>;
}

async function startRunning(
  options: ChainServiceOptions,
  { main, rpc }: ChainRemotes,
): Promise<Running> {
  const genesis = createGenesis(options.genesisJson);
  const chain: Chain = await Chain.open(options.folder, genesis, {
    // What a client or another node gave us is decoded and its sender recovered once.
    knownTransaction: (hash) => pool.get(hash),
    ...(options.stateHistory === undefined
      ? {}
      : { stateHistory: { blocks: keptStates(genesis, options.stateHistory) } }),
  });
  const pool = new Mempool(mempoolHead(chain, genesis));
  const held = new HeldTransactions(() => performance.now());
  const producer = new BlockProducer(
    { genesis, coinbase: options.coinbase },
    { chain, pool, held },
  );
  const proposable = new TurnBatch<null>(() => void main.proposalPending.asEvent());
  /** The last of what this node's clients gave. */
  let passing: Promise<unknown> = Promise.resolve();
  const accepted = new TurnBatch<GossipedTransaction>((all) => {
    passing = main.transactionsAccepted(all).catch(() => undefined);
  });
  const dropped = new TurnBatch<DroppedTransaction>((all) => {
    void rpc.transactionsDropped.asEvent(all);
  });
  const pending = new TurnBatch<Parameters<RpcForChain['transactionsPending']>[0][number]>(
    (all) => void rpc.transactionsPending.asEvent(all),
  );
  const desk = new TransactionDesk(
    { chainId: genesis.chainId, accounts: developmentAccounts(genesis) },
    {
      pool,
      held,
      development: () => chain.position.development,
      events: {
        accepted: (transaction) => accepted.add(transaction),
        pending: (transaction) => pending.add(transaction),
        dropped: (drop) => dropped.add(drop),
        proposable: () => proposable.add(null),
      },
    },
  );
  const censorship = censorshipWatch(genesis, { producer, main });
  const operations = new OperationQueue();
  const requested = new RequestedBlocks(producer, () => application.tipNumber);
  const mining = new IntervalMining(() => {
    producer.intervalElapsed();
    if (producer.isWanted) {
      proposable.add(null);
    }
  });
  const headChanged = () => {
    void main.poolChanged.asEvent(pool.status());
    requested.headChanged(chain.head.number);
  };
  const application: ChainApplication = new ChainApplication(options.rootHash, {
    chain,
    producer,
    operations,
    unixTime: () => Date.now(),
    now: () => performance.now(),
    onApplied: (applied) => {
      publishApplied(applied, { pool, desk, operations, main, rpc });
      for (const one of applied) {
        if (one.kind === 'block') {
          censorship?.blockCommitted(one.block.header);
        } else if (one.abandoned.length > 0) {
          requested.headReverted();
        }
      }
      mining.update(producer.intervalMs);
      headChanged();
    },
    onSettled: () => {
      if (producer.isWanted || !operations.isEmpty) {
        proposable.add(null);
      }
    },
  });
  const snapshots = new ChainSnapshots({
    chain,
    application,
    onRestored: (head, { index }) => {
      // Whatever the blocks between have mined or made invalid.
      pool.onStateReplaced(new Set(head.block.transactions.map(({ hash }) => hash)));
      publishApplied([{ ...head, entryIndex: index, executionMs: 0 }], {
        pool,
        desk,
        operations,
        main,
        rpc,
      });
      headChanged();
    },
  });
  await snapshots.removeLeftovers();
  const timers = startTimers({ held, proposable, censorship });
  mining.update(producer.intervalMs);
  return {
    chain,
    pool,
    application,
    snapshots,
    desk,
    operations,
    censorship,
    passedOn: async () => {
      // After the batch of this turn.
      await nextTurn();
      await passing;
    },
    mine: () => {
      const number = requested.ask();
      proposable.add(null);
      return number;
    },
    develop: (requestId, operation) => {
      const applied = operations.add(requestId, operation);
      proposable.add(null);
      return applied;
    },
    close: async () => {
      mining.close();
      for (const timer of timers) {
        clearInterval(timer);
      }
      await chain.close();
    },
  };
}

/** Whatever can be rolled back must be here. */
function keptStates({ praline }: Genesis, wanted: number): number {
  return praline.devMode ? Math.max(wanted, ROLLBACK_DEPTH_MAX + 1) : wanted;
}

/** In a crash-tolerant network leaders are trusted. */
function censorshipWatch(
  genesis: Genesis,
  { producer, main }: { readonly producer: BlockProducer; readonly main: ChainRemotes['main'] },
): CensorshipWatch | null {
  const { crashModel, mining } = genesis.praline;
  if (crashModel === 'CFT') {
    return null;
  }
  return new CensorshipWatch(
    { blockTimeMs: mining.mode === 'interval' ? mining.blockTimeMs : 0 },
    {
      candidates: () => producer.nextOfSenders(),
      offer: ({ raw }) => void main.transactionPassedOver.asEvent({ raw, requestId: null }),
      isMineable: (transaction) => producer.isMineable(transaction, Date.now()),
      complain: (active) => void main.complaint.asEvent(active),
      now: () => performance.now(),
    },
  );
}

function startTimers(modules: {
  readonly held: HeldTransactions;
  readonly proposable: TurnBatch<null>;
  readonly censorship: CensorshipWatch | null;
}): NodeJS.Timeout[] {
  const { held, proposable, censorship } = modules;
  const timers = [
    setInterval(() => {
      if (held.releaseExpired()) {
        proposable.add(null);
      }
    }, HELD_CHECK_INTERVAL_MS),
  ];
  if (censorship !== null) {
    timers.push(setInterval(() => censorship.tick(), CENSORSHIP_CHECK_INTERVAL_MS));
  }
  return timers;
}

function mempoolHead(chain: Chain, genesis: Genesis): MempoolHead {
  const rules = new NextBlockRules(chain, genesis);
  return {
    account: (address) => {
      const account = chain.stateAfter(chain.position.id)?.getAccount(address);
      return { nonce: account?.nonce ?? 0n, balance: account?.balance ?? 0n };
    },
    gasLimit: () => chain.position.development.settings.gasLimit ?? chain.head.gasLimit,
    baseFee: () => {
      const { nextBaseFee: set } = chain.position.development.settings;
      return set ?? (chain.head.baseFeePerGas === undefined ? 0n : nextBaseFee(chain.head));
    },
    common: () => rules.get(),
  };
}

function developmentAccounts(genesis: Genesis): DevelopmentAccountSet | null {
  const { devMode, accounts } = genesis.praline;
  return devMode && accounts !== undefined
    ? new DevelopmentAccountSet(accounts.mnemonic, accounts.count)
    : null;
}
