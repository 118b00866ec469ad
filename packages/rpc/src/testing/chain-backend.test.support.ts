/** A backend over a real chain in this process, without a network: blocks are made where transactions arrive. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  addressOf,
  type CallRequest,
  Chain,
  DevelopmentAccountSet,
  type DevelopmentOperation,
  decodeTransaction,
  EvmCallExecutor,
  type Genesis,
  type Hash,
  Mempool,
  nextTimestamp,
  type OperationOutcome,
  StoredChainReader,
  type TransactionData,
  weiOf,
} from '@praline/chain';
import type { CommittedBlock, RpcBackend } from '../backend.ts';

export interface ChainBackendOptions {
  readonly mnemonic: string;
  /** Whether a block is made for each transaction; otherwise only by `mine`. */
  readonly instant: boolean;
  readonly origin?: 'network' | 'import';
}

const COINBASE = addressOf(new Uint8Array(20).fill(0xc0));
const BLOCK_BYTES_MAX = 1_000_000;

export class ChainBackend {
  readonly #chain: Chain;
  readonly #reader: StoredChainReader;
  readonly #pool: Mempool;
  readonly #instant: boolean;
  readonly #blockListeners = new Set<(event: CommittedBlock) => void>();
  readonly #accounts: DevelopmentAccountSet;
  #operations = 0;
  readonly backend: RpcBackend;

  private constructor(
    chain: Chain,
    directory: string,
    genesis: Genesis,
    options: ChainBackendOptions,
  ) {
    const reader = new StoredChainReader(directory, genesis);
    const executor = new EvmCallExecutor(reader.tables, genesis);
    this.#chain = chain;
    this.#reader = reader;
    this.#instant = options.instant;
    this.#accounts = new DevelopmentAccountSet(options.mnemonic, 3);
    this.#pool = new Mempool({
      account: (address) => reader.account(address, { tag: 'latest' }),
      gasLimit: () => reader.nextBlock().gasLimit,
      baseFee: () => reader.nextBlock().baseFeePerGas ?? 0n,
      common: () => genesis.common,
    });
    this.backend = {
      reader,
      executor,
      accounts: this.#accounts,
      transactions: {
        sendRaw: (raw) => this.#send(raw),
        send: (request) => this.#sendFilled(request),
        mine: () => this.#mine(),
        pooled: async (hash) => this.#pool.get(hash)?.data,
        pendingNonce: async (address) => this.#pool.pendingNonce(address),
        poolStatus: async () => this.#pool.status(),
        poolContent: async () => this.#pool.content(),
      },
      network: {
        clientVersion: 'anvil/praline/test',
        networkId: genesis.chainId,
        coinbase: COINBASE,
        peerCount: () => 0,
        confirmCurrent: async () => undefined,
        isListening: () => true,
        syncing: () => false,
        onProgress: () => () => {},
      },
      development: genesis.praline.devMode
        ? {
            initialMining: { automine: options.instant, intervalMs: 0 },
            apply: (operation) => this.#develop(operation),
          }
        : null,
      events: {
        onBlock: (listener) => {
          this.#blockListeners.add(listener);
          return () => void this.#blockListeners.delete(listener);
        },
        onRevert: () => () => undefined,
        onPendingTransaction: (listener: (transaction: TransactionData) => void) =>
          this.#pool.listen({ pending: ({ data }) => listener(data) }),
      },
    };
  }

  static async create(directory: string, genesis: Genesis, options: ChainBackendOptions) {
    const chain = await Chain.create(directory, genesis, { origin: options.origin ?? 'network' });
    return new ChainBackend(chain, directory, genesis, options);
  }

  /** Adds blocks that others made. */
  async import(blocks: readonly Uint8Array[]): Promise<void> {
    await this.#chain.commit(
      blocks.map((raw) => ({ raw })),
      new Uint8Array(0),
    );
    await nextTurn();
  }

  /** Changes with every block and every operation. */
  get positionId(): Hash {
    return this.#chain.position.id;
  }

  async close(): Promise<void> {
    await this.#reader.close();
    await this.#chain.close();
  }

  async #send(raw: Uint8Array): Promise<Hash> {
    const { transaction, place } = this.#pool.add(decodeTransaction(raw));
    const isInstant = this.#reader.development().mining?.automine ?? this.#instant;
    if (isInstant && place === 'pending') await this.#mine();
    return transaction.data.hash;
  }

  async #sendFilled(request: CallRequest): Promise<Hash> {
    const { from, to = null, value = weiOf(0n), input = '0x' } = request;
    if (from === undefined) throw new Error('the method checks the sender');
    const signed = this.#accounts.signTransaction(from, {
      type: 2,
      chainId: this.#reader.chainId,
      nonce: this.#pool.pendingNonce(from),
      gasLimit:
        request.gas ?? (await this.backend.executor.estimateGas(request, { tag: 'latest' })),
      to,
      value,
      input,
      accessList: [],
      maxFeePerGas: weiOf(10_000_000_000n),
      maxPriorityFeePerGas: weiOf(1_000_000_000n),
    });
    return this.#send(signed.raw);
  }

  /** Time passes with blocks only: the same requests always give the same chain. */
  async #develop(operation: DevelopmentOperation): Promise<OperationOutcome> {
    const { id, head } = this.#chain.position;
    const requestId = Buffer.alloc(16);
    requestId.writeUInt32BE(++this.#operations);
    const request = { id: requestId, operation };
    const placed = await this.#chain.applyOperation(request, id, head.timestamp);
    await this.#chain.commit([{ hash: placed.position.id }], new Uint8Array(0));
    await nextTurn();
    if (operation.kind === 'drop-transactions') {
      const all = this.#pool.transactions().map(({ data }) => data.hash);
      for (const hash of operation.hash === null ? all : [operation.hash]) {
        this.#pool.dropInvalid(hash, 'the transaction was dropped on request');
      }
    }
    this.#pool.onStateReplaced();
    return placed.outcome;
  }

  async #mine(): Promise<void> {
    const { position } = this.#chain;
    const built = await this.#chain.buildBlock(position.id, {
      timestamp: nextTimestamp(position, position.head.timestamp + 1),
      coinbase: COINBASE,
      extraData: '0x',
      candidates: this.#pool.candidates({ baseFee: this.#reader.nextBlock().baseFeePerGas ?? 0n }),
      maxBytes: BLOCK_BYTES_MAX,
      allowEmpty: true,
    });
    if (built.block === null) throw new Error('an empty block was allowed');
    const committed = await this.#chain.commit([{ hash: built.position.id }], new Uint8Array(0));
    // LMDB shows a turn of the event loop one state; the new one is there from the next turn on.
    await nextTurn();
    this.#pool.onStateReplaced();
    for (const event of committed) {
      if (event.kind !== 'block') continue;
      const logs = event.receipts.flatMap((receipt) => receipt.logs);
      for (const listener of this.#blockListeners) listener({ ...event, logs });
    }
  }
}
