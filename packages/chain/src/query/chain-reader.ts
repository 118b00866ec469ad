import type {
  BlockData,
  HeaderData,
  LocatedTransaction,
  LogData,
  ReceiptData,
  TransactionData,
} from '../block/block-data.ts';
import type { DevelopmentState } from '../development/development-state.ts';
import type { Address, BlockNumber, BlockRef, Hash, Hex, Wei } from '../primitives.ts';
import type { ForkSchedule } from './fork-configuration.ts';

/**
 * A node that started from a snapshot lacks blocks below it, but for genesis and what it had before. Their headers, bodies
 * and receipts are answered as if they did not exist; what needs them throws `history-unavailable`.
 *
 * Reads of the committed chain, answered from LMDB read transactions in whatever thread holds the reader. Each call
 * sees one consistent head. None of them runs the EVM; see `CallExecutor` for what does.
 */
export interface ChainReader {
  readonly chainId: bigint;
  /** Genesis block. */
  readonly genesis: BlockRef;
  /** The last committed block. */
  head(): HeaderData;
  /** Finds the header a client means; undefined when there is none. `safe`, `finalized` and `pending` are the head. */
  header(block: BlockSelector): HeaderData | undefined;
  block(block: BlockSelector): BlockData | undefined;
  /** All receipts of a block, in order. */
  receipts(block: BlockSelector): readonly ReceiptData[] | undefined;
  transaction(hash: Hash): LocatedTransaction | undefined;
  /** Raw EIP-2718 bytes. */
  rawTransaction(hash: Hash): Uint8Array | undefined;
  /** RLP of a block with its transactions; undefined when there is none or it is not here. */
  rawBlock(block: BlockSelector): Uint8Array | undefined;
  /** RLP of a block's header; undefined when there is none. */
  rawHeader(block: BlockSelector): Uint8Array | undefined;
  /** Consensus encoding of a block's receipts (EIP-2718); undefined as for `rawBlock`. */
  rawReceipts(block: BlockSelector): readonly Uint8Array[] | undefined;
  /** EIP-7910, at a time in seconds. */
  forkSchedule(unixSeconds: number): ForkSchedule;
  /** From which block on everything up to the head is here: blocks with receipts and logs, and states. */
  available(): { readonly blocks: BlockNumber; readonly states: BlockNumber };
  receipt(hash: Hash): ReceiptData | undefined;
  /**
   * Logs of blocks `from..to` that match, in chain order. Throws `ChainError`: `too-many-results` beyond
   * `filter.maxResults` or when more blocks would have to be looked at than one search may; `invalid-request` for a range
   * that is reversed or beyond the head, and for a filter with too many parts.
   */
  logs(filter: LogFilter): readonly LogData[];
  /**
   * Transactions that an address sent, received, was made by, or logged in; what it only took part in by calls of other
   * contracts is not found. Whole blocks, so a page can have more than asked for. Blocks that are not here are passed over.
   * Throws `too-many-results` when it would have to look at too many blocks of before participants were posted.
   */
  transactionsOf(search: AddressSearch): AddressTransactions;
  /** Throws `history-unavailable` when one of these blocks is not here; both inclusive. */
  requireHistory(from: BlockNumber, to: BlockNumber): void;
  /** Account after a block; a missing account has zero nonce and balance. Throws `unknown-block`. */
  account(address: Address, block: BlockSelector): AccountData;
  code(address: Address, block: BlockSelector): Hex;
  /** 32 bytes. */
  storage(address: Address, slot: bigint, block: BlockSelector): Hash;
  /** EIP-1186. */
  proof(address: Address, slots: readonly bigint[], block: BlockSelector): AccountProof;
  /** The header fields of a block that would follow the head now: base fee, gas limit, number. */
  nextBlock(): {
    readonly number: BlockNumber;
    readonly baseFeePerGas?: Wei;
    readonly blobBaseFee?: Wei;
    readonly gasLimit: bigint;
  };
  /** What development operations have set; `operations` is zero on a chain without them. */
  development(): DevelopmentState;
  /** All of the head's state, where addresses are kept: in development mode. Throws `ChainError`. */
  state(): readonly DumpedAccount[];
  /** EIP-1559 fee history; percentiles ascending in 0..100. */
  feeHistory(blockCount: number, newest: BlockSelector, percentiles: readonly number[]): FeeHistory;
  close(): Promise<void>;
}

export type BlockTag = 'latest' | 'earliest' | 'pending' | 'safe' | 'finalized';

export type BlockSelector =
  | { readonly tag: BlockTag }
  | { readonly number: BlockNumber }
  /** EIP-1898. */
  | { readonly hash: Hash; readonly requireCanonical?: boolean };

export interface AccountData {
  readonly nonce: bigint;
  readonly balance: Wei;
  readonly codeHash: Hash;
  readonly storageRoot: Hash;
}

export interface DumpedAccount {
  readonly address: Address;
  readonly nonce: bigint;
  readonly balance: Wei;
  readonly code: Hex;
  /** Those that are not zero. */
  readonly slots: readonly { readonly slot: Hash; readonly value: Hash }[];
}

export interface LogFilter {
  readonly from: BlockNumber;
  /** Inclusive. */
  readonly to: BlockNumber;
  /** Any of these; empty means any address. */
  readonly addresses: readonly Address[];
  /** Per position any of these; null means anything. */
  readonly topics: readonly (readonly Hash[] | null)[];
  readonly maxResults: number;
}

export interface AddressSearch {
  readonly address: Address;
  /** The first block to look at. */
  readonly from: BlockNumber;
  readonly direction: 'older' | 'newer';
  /** Transactions after which no further block is added. */
  readonly pageSize: number;
}

export interface AddressTransactions {
  /** In the direction of the search, within a block too. */
  readonly transactions: readonly {
    readonly header: HeaderData;
    readonly index: number;
    readonly transaction: TransactionData;
    readonly receipt: ReceiptData;
  }[];
  /** Whether there are more in this direction. */
  readonly hasMore: boolean;
}

export interface AccountProof {
  readonly account: AccountData;
  readonly accountProof: readonly Hex[];
  readonly storageProof: readonly {
    readonly slot: bigint;
    readonly value: bigint;
    readonly proof: readonly Hex[];
  }[];
}

export interface FeeHistory {
  readonly oldestBlock: BlockNumber;
  /** One more than blocks. */
  readonly baseFeePerGas: readonly Wei[];
  readonly gasUsedRatio: readonly number[];
  readonly baseFeePerBlobGas: readonly Wei[];
  readonly blobGasUsedRatio: readonly number[];
  /** Per block, per percentile, wei per gas. Absent without percentiles. */
  readonly reward?: readonly (readonly Wei[])[];
}
