/** A chain of plain data behind the reader's interface, for tests: blocks are what the test says they are. */
import type {
  AccountData,
  AccountProof,
  Address,
  AddressTransactions,
  BlockData,
  BlockNumber,
  BlockSelector,
  Bloom,
  ChainReader,
  DevelopmentState,
  DumpedAccount,
  FeeHistory,
  ForkSchedule,
  Hash,
  HeaderData,
  Hex,
  LocatedTransaction,
  LogData,
  LogFilter,
  ReceiptData,
  TransactionData,
  Wei,
} from '@praline/chain';
import { ChainError, logMatches, UNUSED as UNUSED_DEVELOPMENT } from '@praline/chain';
import type { CommittedBlock } from '../backend.ts';

export const addressOf = (value: number): Address =>
  `0x${value.toString(16).padStart(40, '0')}` as Address;
export const hashOf = (value: number | bigint): Hash =>
  `0x${value.toString(16).padStart(64, '0')}` as Hash;
export const weiOf = (value: number | bigint): Wei => BigInt(value) as Wei;

/** A signed legacy transaction, as far as plain data can tell. */
export function legacyTransaction(nonce: number, from: Address = addressOf(0xa1)): TransactionData {
  return {
    hash: hashOf(0x7000 + nonce + Number.parseInt(from.slice(-4), 16) * 0x10000),
    type: 0,
    from,
    nonce: BigInt(nonce),
    to: addressOf(0xb2),
    value: weiOf(7),
    gasLimit: 21_000n,
    input: '0x',
    gasPrice: weiOf(2_000_000_000),
    chainId: 31_337n,
    v: 62_710n,
    r: 1n,
    s: 2n,
  };
}

export interface PlainLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data?: Hex;
}

export class PlainChain implements ChainReader {
  readonly chainId = 31_337n;
  readonly accounts = new Map<Address, { nonce: bigint; balance: Wei; code: Hex }>();
  readonly slots = new Map<string, Hash>();
  tips: Wei[] = [];
  dumped: readonly DumpedAccount[] = [];
  developed: DevelopmentState = UNUSED_DEVELOPMENT;
  /** Committed blocks by number, with what came of them. */
  blocks: CommittedBlock[] = [];
  /** Numbers of blocks that a snapshot has skipped. */
  readonly missing = new Set<number>();
  #blocksMade = 0;

  constructor() {
    this.append([], []);
  }

  get genesis() {
    const { header } = this.#at(0).block;
    return { number: header.number, hash: header.hash };
  }

  /** Adds a block; the first transaction, if any, carries the logs. */
  append(transactions: readonly TransactionData[], logs: readonly PlainLog[]): CommittedBlock {
    const number = this.blocks.length as BlockNumber;
    const hash = hashOf(0xb000 + this.#blocksMade++);
    const header = headerOf(number, hash, this.blocks.at(-1)?.block.header.hash ?? hashOf(0));
    const placed = logs.map(
      (log, logIndex): LogData => ({
        data: '0x',
        ...log,
        blockNumber: number,
        blockHash: hash,
        blockTimestamp: header.timestamp,
        transactionHash: transactions[0]?.hash ?? hashOf(0),
        transactionIndex: 0,
        logIndex,
      }),
    );
    const receipts = transactions.map((transaction, index) =>
      receiptOf(transaction, index, header, index === 0 ? placed : []),
    );
    const block: BlockData = { header, transactions, withdrawals: [], size: 600 };
    const committed = { block, receipts, logs: placed };
    this.blocks.push(committed);
    return committed;
  }

  /** Moves the head back, as a development revert does. */
  revertTo(number: number): void {
    this.blocks = this.blocks.slice(0, number + 1);
  }

  head(): HeaderData {
    return this.#at(this.blocks.length - 1).block.header;
  }

  header(selector: BlockSelector): HeaderData | undefined {
    return this.#find(selector)?.block.header;
  }

  block(selector: BlockSelector): BlockData | undefined {
    return this.#find(selector)?.block;
  }

  receipts(selector: BlockSelector): readonly ReceiptData[] | undefined {
    return this.#find(selector)?.receipts;
  }

  transaction(hash: Hash): LocatedTransaction | undefined {
    for (const { block, receipts } of this.blocks) {
      const transactionIndex = block.transactions.findIndex((each) => each.hash === hash);
      const transaction = block.transactions[transactionIndex];
      const receipt = receipts[transactionIndex];
      if (transaction === undefined || receipt === undefined) continue;
      const { number, hash: blockHash, timestamp } = block.header;
      return {
        transaction,
        transactionIndex,
        block: { number, hash: blockHash, timestamp },
        effectiveGasPrice: receipt.effectiveGasPrice,
      };
    }
    return undefined;
  }

  /** Plain data has no encoding. */
  rawBlock(): Uint8Array | undefined {
    return undefined;
  }

  rawHeader(): Uint8Array | undefined {
    return undefined;
  }

  rawReceipts(): readonly Uint8Array[] | undefined {
    return undefined;
  }

  /** Rules that never change. */
  forkSchedule(): ForkSchedule {
    return {
      current: {
        activationTime: 0,
        blobSchedule: null,
        chainId: this.chainId,
        hardfork: 'prague',
        forkId: '0x00000000',
        precompiles: new Map([['ID', addressOf(4)]]),
        systemContracts: new Map(),
      },
      next: null,
      last: null,
    };
  }

  available() {
    const lowest = Math.max(-1, ...this.missing) + 1;
    return { blocks: lowest as BlockNumber, states: lowest as BlockNumber };
  }

  rawTransaction(hash: Hash): Uint8Array | undefined {
    return this.transaction(hash) === undefined ? undefined : new Uint8Array([0xf8, 0x01]);
  }

  receipt(hash: Hash): ReceiptData | undefined {
    return this.blocks
      .flatMap(({ receipts }) => receipts)
      .find(({ transactionHash }) => transactionHash === hash);
  }

  requireHistory(from: BlockNumber, to: BlockNumber): void {
    const missing = [...this.missing].find((number) => number >= from && number <= to);
    if (missing !== undefined) throw new ChainError('history-unavailable', 'history is not here');
  }

  logs(filter: LogFilter): readonly LogData[] {
    const found = this.blocks
      .slice(filter.from, filter.to + 1)
      .flatMap(({ logs }) => logs)
      .filter((log) => logMatches(log, filter));
    if (found.length > filter.maxResults) {
      throw new ChainError(
        'too-many-results',
        `query returned more than ${filter.maxResults} results`,
      );
    }
    return found;
  }

  transactionsOf(): AddressTransactions {
    return { transactions: [], hasMore: false };
  }

  account(address: Address, block: BlockSelector): AccountData {
    this.#require(block);
    const account = this.accounts.get(address);
    return {
      nonce: account?.nonce ?? 0n,
      balance: account?.balance ?? weiOf(0),
      codeHash: hashOf(0xc0de),
      storageRoot: hashOf(0x5707),
    };
  }

  code(address: Address, block: BlockSelector): Hex {
    this.#require(block);
    return this.accounts.get(address)?.code ?? '0x';
  }

  storage(address: Address, slot: bigint, block: BlockSelector): Hash {
    this.#require(block);
    return this.slots.get(`${address}/${slot}`) ?? hashOf(0);
  }

  proof(address: Address, slots: readonly bigint[], block: BlockSelector): AccountProof {
    return {
      account: this.account(address, block),
      accountProof: ['0xf851'],
      storageProof: slots.map((slot) => ({
        slot,
        value: BigInt(this.storage(address, slot, block)),
        proof: ['0xf852'],
      })),
    };
  }

  nextBlock(): ReturnType<ChainReader['nextBlock']> {
    return {
      number: this.blocks.length as BlockNumber,
      baseFeePerGas: weiOf(875_000_000),
      blobBaseFee: weiOf(1),
      gasLimit: 60_000n,
    };
  }

  feeHistory(count: number, newest: BlockSelector, percentiles: readonly number[]): FeeHistory {
    const last = this.#require(newest).block.header.number;
    const oldestBlock = Math.max(0, last - count + 1) as BlockNumber;
    const length = last - oldestBlock + 1;
    return {
      oldestBlock,
      baseFeePerGas: Array.from({ length: length + 1 }, () => weiOf(1_000_000_000)),
      gasUsedRatio: Array.from({ length }, () => 0.5),
      baseFeePerBlobGas: Array.from({ length: length + 1 }, () => weiOf(1)),
      blobGasUsedRatio: Array.from({ length }, () => 0),
      reward: Array.from({ length }, (_, index) =>
        percentiles.map(() => this.tips[oldestBlock + index] ?? weiOf(0)),
      ),
    };
  }

  state(): readonly DumpedAccount[] {
    return this.dumped;
  }

  development(): DevelopmentState {
    return this.developed;
  }

  async close(): Promise<void> {}

  #require(selector: BlockSelector): CommittedBlock {
    const found = this.#find(selector);
    if (found === undefined) throw new ChainError('unknown-block', 'header not found');
    return found;
  }

  #find(selector: BlockSelector): CommittedBlock | undefined {
    if ('number' in selector) {
      return this.missing.has(selector.number) ? undefined : this.blocks[selector.number];
    }
    if ('hash' in selector) {
      return this.blocks.find(({ block }) => block.header.hash === selector.hash);
    }
    return this.blocks.at(selector.tag === 'earliest' ? 0 : -1);
  }

  #at(number: number): CommittedBlock {
    const found = this.blocks[number];
    if (found === undefined) throw new Error(`the test has no block ${number}`);
    return found;
  }
}

function headerOf(number: BlockNumber, hash: Hash, parentHash: Hash): HeaderData {
  return {
    hash,
    parentHash,
    ommersHash: hashOf(0x0111),
    beneficiary: addressOf(0xc0),
    stateRoot: hashOf(0x5000 + number),
    transactionsRoot: hashOf(0x6000 + number),
    receiptsRoot: hashOf(0x8000 + number),
    logsBloom: `0x${'00'.repeat(256)}` as Bloom,
    difficulty: 0n,
    number,
    gasLimit: 30_000_000n,
    gasUsed: 0n,
    timestamp: 1_700_000_000 + number,
    extraData: '0x',
    mixHash: hashOf(0),
    nonce: '0x0000000000000000',
    baseFeePerGas: weiOf(1_000_000_000),
    withdrawalsRoot: hashOf(0x9000),
    blobGasUsed: 0n,
    excessBlobGas: 0n,
    parentBeaconBlockRoot: hashOf(0),
    requestsHash: hashOf(0x9001),
  };
}

function receiptOf(
  transaction: TransactionData,
  transactionIndex: number,
  header: HeaderData,
  logs: readonly LogData[],
): ReceiptData {
  return {
    transactionHash: transaction.hash,
    transactionIndex,
    blockHash: header.hash,
    blockNumber: header.number,
    from: transaction.from,
    to: transaction.to,
    type: transaction.type,
    status: 1,
    gasUsed: 21_000n,
    cumulativeGasUsed: 21_000n * BigInt(transactionIndex + 1),
    effectiveGasPrice: transaction.gasPrice ?? weiOf(1_500_000_000),
    contractAddress: null,
    logs,
    logsBloom: header.logsBloom,
  };
}
