/**
 * `ChainReader` over the chain's LMDB environment, in any thread: it opens the environment for reading and shares
 * nothing with the writer. Each call begins with a fresh snapshot of what is committed, and ends in the same turn of the
 * event loop, so all it reads is of one state.
 */
import { encodeBlock } from '../block/block-codec.ts';
import type {
  BlockData,
  HeaderData,
  LocatedTransaction,
  LogData,
  ReceiptData,
  TransactionData,
} from '../block/block-data.ts';
import { encodeHeader } from '../block/header-codec.ts';
import { encodeReceipt } from '../block/receipt-codec.ts';
import { effectiveGasPrice, receiptsData } from '../block/receipt-data.ts';
import { EMPTY_CODE_HASH, keccak256 } from '../crypto/keccak.ts';
import type { DevelopmentState } from '../development/development-state.ts';
import { bytesToBigint, padLeft } from '../encoding/quantity.ts';
import { ChainError, corruptStore } from '../errors.ts';
import { blobBaseFee } from '../execution/fee-rules.ts';
import type { Genesis } from '../genesis/genesis.ts';
import {
  type Address,
  type BlockNumber,
  type BlockRef,
  blockNumberOf,
  bytesOf,
  type Hash,
  type Hex,
  hashOf,
  hexOf,
  slotOf,
  weiOf,
} from '../primitives.ts';
import { FlatStateView } from '../state/flat-state-view.ts';
import { EMPTY_ACCOUNT } from '../state/journaled-state.ts';
import type { StateView } from '../state/state-view.ts';
import { storedNodes } from '../state/trie-state-view.ts';
import {
  readBlock,
  readCanonical,
  readHeader,
  readPlace,
  readReceipts,
  type StoredBlock,
} from '../store/block-records.ts';
import { readDevelopmentState } from '../store/development-records.ts';
import { HistoryGaps } from '../store/history-gaps.ts';
import { readStateFloor } from '../store/state-floor.ts';
import { Tables } from '../store/tables.ts';
import { decodeKnownTransaction } from '../transaction/decode.ts';
import { NodeReader } from '../trie/node-source.ts';
import { proveKey } from '../trie/read-trie.ts';
import { searchAddress } from './address-search.ts';
import { readHead, readHeadHash, requireHeader, selectHeader } from './block-selection.ts';
import type {
  AccountData,
  AccountProof,
  AddressSearch,
  AddressTransactions,
  BlockSelector,
  ChainReader,
  DumpedAccount,
  FeeHistory,
  LogFilter,
} from './chain-reader.ts';
import { feeHistory, nextFees } from './fee-history.ts';
import { type ForkSchedule, forkSchedule } from './fork-configuration.ts';
import { ForkRules } from './fork-rules.ts';
import { searchLogs } from './log-search.ts';
import { stateAt } from './state-at.ts';
import { dumpState } from './state-dump.ts';

/**
 * Blocks whose receipts are kept decoded, some MB each at most: clients ask for the receipts of a block one by one, and
 * each needs the whole block.
 */
const RECENT_RECEIPTS_BLOCKS = 4;

export class StoredChainReader implements ChainReader {
  readonly chainId: bigint;
  readonly genesis: BlockRef;
  /** For a `CallExecutor` in the same thread. */
  readonly tables: Tables;
  readonly #genesis: Genesis;
  readonly #rules: ForkRules;
  readonly #nodes: NodeReader;
  /** By block hash, which no other receipts can have. */
  readonly #recentReceipts = new Map<Hash, readonly ReceiptData[]>();
  /** The head as last decoded, which takes far longer than to look which block the head is. */
  #recentHead: HeaderData | undefined;

  /** Opens the chain in `directory`, which must hold this genesis. Throws `no-chain`. */
  constructor(directory: string, genesis: Genesis) {
    this.tables = new Tables(directory, { readOnly: true });
    this.#genesis = genesis;
    this.chainId = genesis.chainId;
    this.genesis = { number: blockNumberOf(0), hash: genesis.header.hash };
    this.#rules = new ForkRules(genesis.common);
    this.#nodes = new NodeReader(storedNodes(this.tables));
  }

  head(): HeaderData {
    this.tables.refresh();
    return this.#readHead();
  }

  header(block: BlockSelector): HeaderData | undefined {
    this.tables.refresh();
    return this.#select(block);
  }

  block(block: BlockSelector): BlockData | undefined {
    this.tables.refresh();
    const header = this.#select(block);
    if (header === undefined || HistoryGaps.read(this.tables).has(header.number)) return undefined;
    const { transactions, senders, withdrawals, size } = this.#stored(header.hash);
    return {
      header,
      transactions: transactions.map((raw, index) => decodeStored(raw, senders[index])),
      ...(withdrawals !== undefined && { withdrawals }),
      size,
    };
  }

  receipts(block: BlockSelector): readonly ReceiptData[] | undefined {
    this.tables.refresh();
    const header = this.#select(block);
    if (header === undefined || HistoryGaps.read(this.tables).has(header.number)) return undefined;
    return this.#receiptsOf(header);
  }

  transaction(hash: Hash): LocatedTransaction | undefined {
    this.tables.refresh();
    const place = this.#place(hash);
    if (place === undefined) return undefined;
    const { header, index } = place;
    const stored = this.#stored(header.hash);
    const raw = stored.transactions[index];
    if (raw === undefined) throw corruptStore(`transaction ${hash} is not where its place says`);
    const transaction = decodeStored(raw, stored.senders[index]);
    return {
      transaction,
      block: { number: header.number, hash: header.hash, timestamp: header.timestamp },
      transactionIndex: index,
      effectiveGasPrice: effectiveGasPrice(transaction, header.baseFeePerGas),
    };
  }

  rawBlock(block: BlockSelector): Uint8Array | undefined {
    this.tables.refresh();
    const header = this.#select(block);
    if (header === undefined || HistoryGaps.read(this.tables).has(header.number)) return undefined;
    return encodeBlock(this.#stored(header.hash));
  }

  rawHeader(block: BlockSelector): Uint8Array | undefined {
    const header = this.header(block);
    return header && encodeHeader(header);
  }

  rawReceipts(block: BlockSelector): readonly Uint8Array[] | undefined {
    this.tables.refresh();
    const header = this.#select(block);
    if (header === undefined || HistoryGaps.read(this.tables).has(header.number)) return undefined;
    return readReceipts(this.tables, header.hash)?.map(encodeReceipt);
  }

  forkSchedule(unixSeconds: number): ForkSchedule {
    const { number, timestamp } = this.head();
    return forkSchedule(this.#genesis, number, Math.max(timestamp, unixSeconds));
  }

  available(): { readonly blocks: BlockNumber; readonly states: BlockNumber } {
    this.tables.refresh();
    const blocks = HistoryGaps.read(this.tables).lowest;
    const floor = readStateFloor(this.tables);
    return { blocks, states: blockNumberOf(Math.max(floor, blocks)) };
  }

  rawTransaction(hash: Hash): Uint8Array | undefined {
    this.tables.refresh();
    const place = this.#place(hash);
    return place && this.#stored(place.header.hash).transactions[place.index];
  }

  receipt(hash: Hash): ReceiptData | undefined {
    this.tables.refresh();
    const place = this.#place(hash);
    return place === undefined ? undefined : this.#receiptsOf(place.header)[place.index];
  }

  logs(filter: LogFilter): readonly LogData[] {
    this.tables.refresh();
    const head = this.#readHead();
    const source = {
      tables: this.tables,
      header: (number: BlockNumber) => this.#select({ number }),
      receipts: (header: HeaderData) => this.#receiptsOf(header),
    };
    if (filter.from > filter.to) throw invalidRange('invalid block range params');
    if (filter.to > head.number) {
      throw invalidRange('block range extends beyond current head block');
    }
    HistoryGaps.read(this.tables).require(filter.from, filter.to);
    return searchLogs(source, filter);
  }

  transactionsOf(search: AddressSearch): AddressTransactions {
    this.tables.refresh();
    const source = {
      tables: this.tables,
      head: readHead(this.tables).number,
      lowest: HistoryGaps.read(this.tables).lowest,
      header: (number: BlockNumber) => this.#select({ number }),
      transactions: ({ hash }: HeaderData) => {
        const { transactions, senders } = this.#stored(hash);
        return transactions.map((raw, index) => decodeStored(raw, senders[index]));
      },
      receipts: (header: HeaderData) => this.#receiptsOf(header),
    };
    return searchAddress(source, search);
  }

  requireHistory(from: BlockNumber, to: BlockNumber): void {
    this.tables.refresh();
    HistoryGaps.read(this.tables).require(from, to);
  }

  account(address: Address, block: BlockSelector): AccountData {
    this.tables.refresh();
    return this.#accountIn(this.#state(block), address, block) ?? EMPTY_ACCOUNT;
  }

  code(address: Address, block: BlockSelector): Hex {
    this.tables.refresh();
    const state = this.#state(block);
    const account = this.#accountIn(state, address, block);
    return hexOf(state.getCode(account?.codeHash ?? EMPTY_CODE_HASH));
  }

  storage(address: Address, slot: bigint, block: BlockSelector): Hash {
    this.tables.refresh();
    const value = this.#state(block).getStorage(address, slotOf(slot));
    if (value.length > 0) return hashOf(padLeft(value, 32));
    // As with accounts: absence is what only the trie can show.
    const state = stateAt(this.tables, this.#nodes, this.#require(block));
    const inTrie = state.getStorage(address, slotOf(slot));
    if (inTrie.length > 0) throw corruptStore(`a slot of account ${address} is missing`);
    return hashOf(padLeft(inTrie, 32));
  }

  proof(address: Address, slots: readonly bigint[], block: BlockSelector): AccountProof {
    this.tables.refresh();
    const header = this.#require(block);
    const state = stateAt(this.tables, this.#nodes, header);
    const account = state.getAccount(address) ?? EMPTY_ACCOUNT;
    const prove = (root: Hash, key: Uint8Array) =>
      proveKey(this.#nodes, root, keccak256(key)).map(hexOf);
    return {
      account,
      accountProof: prove(state.root, bytesOf(address)),
      storageProof: slots.map((slot) => {
        const key = slotOf(slot);
        return {
          slot,
          value: bytesToBigint(state.getStorage(address, key)),
          proof: prove(account.storageRoot, bytesOf(key)),
        };
      }),
    };
  }

  nextBlock(): ReturnType<ChainReader['nextBlock']> {
    this.tables.refresh();
    const head = this.#readHead();
    const { nextBaseFee, gasLimit } = readDevelopmentState(this.tables).settings;
    return {
      number: blockNumberOf(head.number + 1),
      gasLimit: gasLimit ?? head.gasLimit,
      ...nextFees(head, { rules: (number, timestamp) => this.#rules.at(number, timestamp) }),
      ...(nextBaseFee !== null && { baseFeePerGas: weiOf(nextBaseFee) }),
    };
  }

  development(): DevelopmentState {
    this.tables.refresh();
    return readDevelopmentState(this.tables);
  }

  state(): readonly DumpedAccount[] {
    this.tables.refresh();
    return dumpState(this.tables, this.#genesis);
  }

  /** Logs of a block that a return to a snapshot has left; none when there was no such block. */
  abandonedLogs(hash: Hash): readonly LogData[] {
    this.tables.refresh();
    const header = readHeader(this.tables, hash);
    return header === undefined ? [] : this.#readReceipts(header).flatMap(({ logs }) => logs);
  }

  feeHistory(
    blockCount: number,
    newest: BlockSelector,
    percentiles: readonly number[],
  ): FeeHistory {
    this.tables.refresh();
    const gaps = HistoryGaps.read(this.tables);
    const last = this.#require(newest);
    gaps.require(last.number, last.number);
    const source = {
      oldest: gaps.startOfRun(last.number),
      header: (number: BlockNumber) => this.#require({ number }),
      receipts: (header: HeaderData) => this.#receiptsOf(header),
      rules: (number: BlockNumber, timestamp: number) => this.#rules.at(number, timestamp),
    };
    return feeHistory(source, blockCount, last, percentiles);
  }

  close(): Promise<void> {
    return this.tables.close();
  }

  #readHead(): HeaderData {
    const hash = readHeadHash(this.tables);
    if (this.#recentHead?.hash !== hash) this.#recentHead = readHead(this.tables);
    return this.#recentHead;
  }

  #select(block: BlockSelector): HeaderData | undefined {
    if ('tag' in block && block.tag !== 'earliest') return this.#readHead();
    return selectHeader(this.tables, this.genesis.hash, block);
  }

  #require(block: BlockSelector): HeaderData {
    return requireHeader(this.tables, this.genesis.hash, block);
  }

  /** The head's flat tables where they serve, which cost one read, and the trie of any other block. */
  #state(block: BlockSelector): StateView {
    const header = this.#require(block);
    return header.hash === readHeadHash(this.tables)
      ? new FlatStateView(this.tables)
      : stateAt(this.tables, this.#nodes, header);
  }

  /** What the flat tables do not have, the trie must not have either: a lost key would look like an empty account. */
  #accountIn(state: StateView, address: Address, block: BlockSelector): AccountData | undefined {
    const account = state.getAccount(address);
    if (account !== undefined || !(state instanceof FlatStateView)) return account;
    const inTrie = stateAt(this.tables, this.#nodes, this.#require(block)).getAccount(address);
    if (inTrie !== undefined) throw corruptStore(`account ${address} is missing`);
    return undefined;
  }

  #stored(hash: Hash): StoredBlock {
    const stored = readBlock(this.tables, hash);
    if (stored === undefined) throw corruptStore(`block ${hash} has no body`);
    return stored;
  }

  #receiptsOf(header: HeaderData): readonly ReceiptData[] {
    const recent = this.#recentReceipts.get(header.hash);
    if (recent !== undefined) return recent;
    const receipts = this.#readReceipts(header);
    if (this.#recentReceipts.size >= RECENT_RECEIPTS_BLOCKS) {
      const oldest = this.#recentReceipts.keys().next();
      if (!oldest.done) this.#recentReceipts.delete(oldest.value);
    }
    this.#recentReceipts.set(header.hash, receipts);
    return receipts;
  }

  #readReceipts(header: HeaderData): readonly ReceiptData[] {
    const receipts = readReceipts(this.tables, header.hash);
    if (receipts === undefined) throw corruptStore(`block ${header.hash} has no receipts`);
    const { transactions, senders } = this.#stored(header.hash);
    const data = transactions.map((raw, index) => decodeStored(raw, senders[index]));
    if (data.length !== receipts.length) {
      throw corruptStore(`block ${header.hash} has ${receipts.length} receipts`);
    }
    const { excessBlobGas } = header;
    const blobFee =
      excessBlobGas === undefined
        ? undefined
        : blobBaseFee(excessBlobGas, this.#rules.at(header.number, header.timestamp));
    return receiptsData(header, data, receipts, blobFee);
  }

  #place(hash: Hash) {
    const place = readPlace(this.tables, hash);
    if (place === undefined) return undefined;
    const blockHash = readCanonical(this.tables, place.number);
    const header = blockHash === undefined ? undefined : readHeader(this.tables, blockHash);
    if (header === undefined) throw corruptStore(`transaction ${hash} is in no block`);
    return { header, index: place.index };
  }
}

/** geth's words. */
function invalidRange(message: string): ChainError {
  return new ChainError('invalid-request', message);
}

function decodeStored(raw: Uint8Array, sender: Address | undefined): TransactionData {
  if (sender === undefined) throw corruptStore('a stored transaction has no sender');
  return decodeKnownTransaction(raw, sender);
}
