import type { Address, BlockNumber, Bloom, Hash, Hex, Wei } from '../primitives.ts';

/**
 * Blocks, transactions and receipts as plain data: what readers answer and what can cross a thread.
 * Field names are those of the execution specification; absent fields belong to forks not active at the block.
 */
export interface HeaderData {
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly ommersHash: Hash;
  readonly beneficiary: Address;
  readonly stateRoot: Hash;
  readonly transactionsRoot: Hash;
  readonly receiptsRoot: Hash;
  readonly logsBloom: Bloom;
  readonly difficulty: bigint;
  readonly number: BlockNumber;
  readonly gasLimit: bigint;
  readonly gasUsed: bigint;
  /** Unix time in seconds. */
  readonly timestamp: number;
  readonly extraData: Hex;
  readonly mixHash: Hash;
  readonly nonce: Hex;
  /** EIP-1559, wei per gas. */
  readonly baseFeePerGas?: Wei;
  /** EIP-4895. */
  readonly withdrawalsRoot?: Hash;
  /** EIP-4844. */
  readonly blobGasUsed?: bigint;
  readonly excessBlobGas?: bigint;
  /** EIP-4788. */
  readonly parentBeaconBlockRoot?: Hash;
  /** EIP-7685. */
  readonly requestsHash?: Hash;
}

export interface WithdrawalData {
  readonly index: bigint;
  readonly validatorIndex: bigint;
  readonly address: Address;
  /** Gwei (EIP-4895). */
  readonly amount: bigint;
}

export interface BlockData {
  readonly header: HeaderData;
  readonly transactions: readonly TransactionData[];
  readonly withdrawals?: readonly WithdrawalData[];
  /** Length of the block's RLP in bytes. */
  readonly size: number;
}

export interface AccessListItem {
  readonly address: Address;
  readonly storageKeys: readonly Hash[];
}

/** EIP-7702. */
export interface AuthorizationData {
  readonly chainId: bigint;
  readonly address: Address;
  readonly nonce: bigint;
  readonly yParity: number;
  readonly r: bigint;
  readonly s: bigint;
}

export interface TransactionData {
  readonly hash: Hash;
  /** EIP-2718 type: 0 legacy, 1 access list, 2 fee market, 3 blob, 4 set code. */
  readonly type: number;
  /** Recovered sender. */
  readonly from: Address;
  readonly nonce: bigint;
  readonly to: Address | null;
  readonly value: Wei;
  readonly gasLimit: bigint;
  readonly input: Hex;
  /** Types 0 and 1. */
  readonly gasPrice?: Wei;
  /** Types 2 and above. */
  readonly maxFeePerGas?: Wei;
  readonly maxPriorityFeePerGas?: Wei;
  /** Absent in a legacy transaction without replay protection (EIP-155). */
  readonly chainId?: bigint;
  readonly accessList?: readonly AccessListItem[];
  readonly authorizationList?: readonly AuthorizationData[];
  readonly maxFeePerBlobGas?: Wei;
  readonly blobVersionedHashes?: readonly Hash[];
  readonly v: bigint;
  readonly r: bigint;
  readonly s: bigint;
}

/** A transaction with its place in the chain. */
export interface LocatedTransaction {
  readonly transaction: TransactionData;
  readonly block: { readonly number: BlockNumber; readonly hash: Hash; readonly timestamp: number };
  readonly transactionIndex: number;
  /** Wei per gas actually paid. */
  readonly effectiveGasPrice: Wei;
}

export interface LogData {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Hex;
  readonly blockNumber: BlockNumber;
  readonly blockHash: Hash;
  readonly blockTimestamp: number;
  readonly transactionHash: Hash;
  readonly transactionIndex: number;
  /** Position in the block. */
  readonly logIndex: number;
}

export interface ReceiptData {
  readonly transactionHash: Hash;
  readonly transactionIndex: number;
  readonly blockHash: Hash;
  readonly blockNumber: BlockNumber;
  readonly from: Address;
  readonly to: Address | null;
  readonly type: number;
  /** EIP-658: 1 success, 0 failure. Before Byzantium `root` instead. */
  readonly status?: 0 | 1;
  readonly root?: Hash;
  readonly gasUsed: bigint;
  readonly cumulativeGasUsed: bigint;
  readonly effectiveGasPrice: Wei;
  /** Address of the created contract. */
  readonly contractAddress: Address | null;
  readonly logs: readonly LogData[];
  readonly logsBloom: Bloom;
  readonly blobGasUsed?: bigint;
  readonly blobGasPrice?: Wei;
}
