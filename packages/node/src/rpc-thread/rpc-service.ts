/** What the RPC thread does: serves clients from its own reader, the call threads, and the other two threads. */
import { performance } from 'node:perf_hooks';
import type { Address, Genesis, Hash } from '@praline/chain';
import { ChainError } from '@praline/chain/configuration';
import {
  createGenesis,
  DevelopmentAccountSet,
  encodeOperation,
  StoredChainReader,
} from '@praline/chain/reading';
import {
  createRpcServer,
  type DevelopmentAccounts,
  type DevelopmentService,
  type HttpRoute,
  type NetworkService,
  type RpcLogger,
  type RpcServer,
} from '@praline/rpc';
import { CallPool } from '../call-thread/call-pool.ts';
import { startCallThread } from '../call-thread/start-call-thread.ts';
import type { RpcAccess } from '../config/rpc-access.ts';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type {
  ChainForRpc,
  MainForRpc,
  NetworkView,
  ReadIndexReport,
  RpcForChain,
  RpcForMain,
} from '../threads/thread-contracts.ts';
import { adminMethods } from './admin-methods.ts';
import { BlockFeed } from './block-feed.ts';
import { InclusionWaits } from './inclusion-waits.ts';
import { membershipMethods } from './membership-methods.ts';
import { mokkaMethods } from './mokka-methods.ts';
import { NodeTransactions } from './node-transactions.ts';
import { ReadableWaits } from './readable-waits.ts';

/** How often waits are looked at, in milliseconds. */
const TICK_INTERVAL_MS = 100;
/** A call thread loads the EVM, which takes many seconds on a machine that is busy with something else. */
const CALL_START_LIMIT_MS = 60_000;
/** The network this node sees is given up as ready after this many blocks behind. */
const READY_LAG_BLOCKS = 16;

export interface RpcServiceOptions {
  readonly folder: string;
  readonly genesisJson: unknown;
  readonly coinbase: Address;
  readonly clientVersion: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly callThreads: number;
  readonly callTimeLimitMs: number;
  /** Whether methods that change the network are served. */
  readonly admin: boolean;
  readonly access: RpcAccess;
}

export interface RpcRemotes {
  readonly main: RemoteThread<MainForRpc>;
  readonly chain: RemoteThread<ChainForRpc>;
}

interface Running {
  readonly server: RpcServer;
  readonly feed: BlockFeed;
  readonly waits: InclusionWaits;
  readonly readable: ReadableWaits;
  readonly executor: CallPool;
  close(): Promise<void>;
}

const UNKNOWN_NETWORK: NetworkView = {
  connectedValidators: 1,
  quorum: 1,
  validators: 1,
  peers: 0,
  isMember: true,
  leader: null,
  role: 'follower',
  term: 0,
  highestBlock: 0,
};

export class RpcService {
  readonly #options: RpcServiceOptions;
  #remotes: RpcRemotes | null = null;
  #running: Running | null = null;
  #network: NetworkView = UNKNOWN_NETWORK;
  readonly #progressListeners = new Set<() => void>();

  constructor(options: RpcServiceOptions) {
    this.#options = options;
  }

  /** Before any call: the threads that are asked. */
  connect(remotes: RpcRemotes): void {
    this.#remotes = remotes;
  }

  readonly forMain: RpcForMain = {
    start: async () => {
      if (this.#remotes === null) {
        throw new Error('The RPC thread is not connected');
      }
      this.#running = await this.#start(this.#remotes);
      return { port: this.#running.server.address.port };
    },
    networkChanged: (network) => {
      this.#network = network;
      for (const listener of this.#progressListeners) {
        listener();
      }
      // By then the start is over, and nothing waits for the processor.
      if (network.leader !== null) {
        this.#running?.executor.warm();
      }
    },
    close: async () => {
      await this.#running?.close();
    },
  };

  readonly forChain: RpcForChain = {
    blockCommitted: ({ hash, transactions }) => {
      this.#running?.waits.included(transactions);
      this.#running?.readable.headChanged();
      this.#running?.feed.blockCommitted(hash);
    },
    headReverted: ({ head, abandoned }) => {
      this.#running?.waits.release();
      this.#running?.readable.headReverted();
      this.#running?.feed.headReverted(head, abandoned);
    },
    transactionsPending: (transactions) => this.#running?.feed.transactionsPending(transactions),
    transactionsDropped: (dropped) => {
      for (const one of dropped) {
        this.#running?.waits.dropped(one);
      }
    },
  };

  async #start({ main, chain }: RpcRemotes): Promise<Running> {
    const options = this.#options;
    const genesis = createGenesis(options.genesisJson);
    const reader = new StoredChainReader(options.folder, genesis);
    const now = (): number => performance.now();
    const isIncluded = (hash: Hash): boolean => reader.receipt(hash) !== undefined;
    const waits = new InclusionWaits({ isIncluded, now });
    const readable = new ReadableWaits({ head: () => reader.head().number, now });
    const feed = new BlockFeed(reader);
    const { folder, genesisJson, callThreads, callTimeLimitMs } = options;
    const executor = new CallPool(
      { threads: callThreads, timeLimitMs: callTimeLimitMs, startLimitMs: CALL_START_LIMIT_MS },
      { spawn: (onDeath) => startCallThread({ folder, genesisJson }, onDeath) },
    );
    const isMinedAtOnce = (): boolean => {
      const { mining } = reader.development();
      return mining?.automine ?? genesis.praline.mining.mode === 'instant';
    };
    const transactions = new NodeTransactions(
      { waitsForInclusion: isMinedAtOnce },
      { chain, main, reader, executor, waits, readable: (number) => readable.wait(number) },
    );
    const readIndex = async (): Promise<ReadIndexReport> => {
      const report = await main.readIndex();
      await readable.wait(report.blockNumber);
      return report;
    };
    const { adminPort, ...port } = options.access;
    const server = createRpcServer(
      {
        reader,
        executor,
        transactions,
        accounts: developmentAccounts(genesis),
        development: developmentService(genesis, main),
        network: {
          ...this.#networkService(reader, genesis),
          confirmCurrent: async () => {
            await readIndex();
          },
        },
        events: feed,
      },
      {
        host: options.host,
        port: options.port,
        ...port,
        furtherPorts: adminPort === undefined ? [] : [adminPort],
        logger: remoteLogger(main),
        routes: this.#routes(main, reader),
      },
    );
    server.addMethods(mokkaMethods({ main, reader, readIndex }));
    server.addMethods(adminMethods({ main, isEnabled: options.admin }));
    server.addMethods(membershipMethods({ main, isEnabled: options.admin }));
    const timer = setInterval(() => {
      if (waits.count > 0 && !isMinedAtOnce()) waits.release();
      waits.tick(this.#network);
      readable.tick(this.#network);
    }, TICK_INTERVAL_MS);
    const close = async (): Promise<void> => {
      clearInterval(timer);
      waits.close();
      readable.close();
      await server.close();
      await executor.close();
      await reader.close();
    };
    try {
      await server.listen();
    } catch (error) {
      await close();
      throw error;
    }
    return { server, feed, waits, readable, executor, close };
  }

  #networkService(
    reader: StoredChainReader,
    genesis: Genesis,
  ): Omit<NetworkService, 'confirmCurrent'> {
    const startingBlock = reader.head().number;
    return {
      clientVersion: this.#options.clientVersion,
      networkId: genesis.chainId,
      coinbase: this.#options.coinbase,
      peerCount: () => this.#network.peers,
      isListening: () => true,
      syncing: () => {
        const currentBlock = reader.head().number;
        const { highestBlock } = this.#network;
        return currentBlock + READY_LAG_BLOCKS >= highestBlock
          ? false
          : { startingBlock, currentBlock, highestBlock };
      },
      onProgress: (listener) => {
        this.#progressListeners.add(listener);
        return () => void this.#progressListeners.delete(listener);
      },
    };
  }

  #routes(main: RemoteThread<MainForRpc>, reader: StoredChainReader): Map<string, HttpRoute> {
    const json = (status: number, value: object) => ({
      status,
      contentType: 'application/json',
      body: `${JSON.stringify(value)}\n`,
    });
    return new Map<string, HttpRoute>([
      ['/health', async () => json(200, { status: 'up', block: reader.head().number })],
      [
        '/ready',
        async () => {
          const { connectedValidators, quorum, leader, highestBlock, isMember } = this.#network;
          const block = reader.head().number;
          const ready =
            isMember &&
            leader !== null &&
            connectedValidators >= quorum &&
            block + READY_LAG_BLOCKS >= highestBlock;
          const status = {
            ready,
            isMember,
            connectedValidators,
            quorum,
            leader,
            block,
            highestBlock,
          };
          return json(ready ? 200 : 503, status);
        },
      ],
      [
        '/metrics',
        async () => ({
          status: 200,
          contentType: 'text/plain; version=0.0.4; charset=utf-8',
          body: await main.metrics(),
        }),
      ],
    ]);
  }
}

/** An operation is answered when it is applied here, so it is readable by then. */
function developmentService(
  genesis: Genesis,
  main: RemoteThread<MainForRpc>,
): DevelopmentService | null {
  const { devMode, mining } = genesis.praline;
  if (!devMode) {
    return null;
  }
  return {
    initialMining:
      mining.mode === 'instant'
        ? { automine: true, intervalMs: 0 }
        : { automine: false, intervalMs: mining.blockTimeMs },
    apply: (operation) => main.develop(encodeOperation(operation)),
  };
}

function developmentAccounts(genesis: Genesis): DevelopmentAccounts {
  const { devMode, accounts } = genesis.praline;
  if (devMode && accounts !== undefined) {
    return new DevelopmentAccountSet(accounts.mnemonic, accounts.count);
  }
  return {
    addresses: [],
    signDigest: () => {
      throw new ChainError('unknown-account', 'unknown account');
    },
  };
}

/** Log lines go to the main thread, which owns the log. */
function remoteLogger(main: RemoteThread<MainForRpc>): RpcLogger {
  const write = (level: 'warn' | 'error') => (fields: object, message: string) => {
    void main.log.asEvent(level, fields, message);
  };
  return { warn: write('warn'), error: write('error') };
}
