/**
 * Receipts as clients see them, from what is stored and the block around them.
 */
import { RLP } from '@ethereumjs/rlp';
import { keccak256 } from '../crypto/keccak.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { type Address, addressOf, bytesOf, hexOf, type Wei, weiOf } from '../primitives.ts';
import type { HeaderData, LogData, ReceiptData, TransactionData } from './block-data.ts';
import { bloomOfLogs } from './bloom.ts';
import type { StoredReceipt } from './receipt-codec.ts';

/** EIP-4844, gas. */
const GAS_PER_BLOB = 131_072n;

/** All receipts of a block. `blobBaseFee` is the block's, wei per blob gas; only blob transactions need it. */
export function receiptsData(
  header: HeaderData,
  transactions: readonly TransactionData[],
  stored: readonly StoredReceipt[],
  blobBaseFee: Wei | undefined,
): ReceiptData[] {
  let gasBefore = 0n;
  let logIndex = 0;
  const receipts: ReceiptData[] = [];
  for (const [transactionIndex, receipt] of stored.entries()) {
    const transaction = transactions[transactionIndex];
    if (transaction === undefined) throw new RangeError('more receipts than transactions');
    const logs = receipt.logs.map((log, index): LogData => {
      return {
        address: log.address,
        topics: log.topics,
        data: hexOf(log.data),
        blockNumber: header.number,
        blockHash: header.hash,
        blockTimestamp: header.timestamp,
        transactionHash: transaction.hash,
        transactionIndex,
        logIndex: logIndex + index,
      };
    });
    logIndex += logs.length;
    const blobs = BigInt(transaction.blobVersionedHashes?.length ?? 0);
    receipts.push({
      transactionHash: transaction.hash,
      transactionIndex,
      blockHash: header.hash,
      blockNumber: header.number,
      from: transaction.from,
      to: transaction.to,
      type: receipt.type,
      ...(typeof receipt.outcome === 'number'
        ? { status: receipt.outcome }
        : { root: receipt.outcome }),
      gasUsed: receipt.cumulativeGasUsed - gasBefore,
      cumulativeGasUsed: receipt.cumulativeGasUsed,
      effectiveGasPrice: effectiveGasPrice(transaction, header.baseFeePerGas),
      contractAddress: transaction.to === null ? createdAddress(transaction) : null,
      logs,
      logsBloom: bloomOfLogs(receipt.logs),
      ...(blobs > 0n &&
        blobBaseFee !== undefined && {
          blobGasUsed: blobs * GAS_PER_BLOB,
          blobGasPrice: blobBaseFee,
        }),
    });
    gasBefore = receipt.cumulativeGasUsed;
  }
  return receipts;
}

/** Wei per gas paid in a block with this base fee (EIP-1559). */
export function effectiveGasPrice(transaction: TransactionData, baseFee: Wei | undefined): Wei {
  if (transaction.gasPrice !== undefined) return transaction.gasPrice;
  const cap = transaction.maxFeePerGas ?? weiOf(0n);
  const wanted = (baseFee ?? 0n) + (transaction.maxPriorityFeePerGas ?? 0n);
  return wanted < cap ? weiOf(wanted) : cap;
}

/** Address of the contract that a creating transaction makes (Yellow Paper 7). */
export function createdAddress({ from, nonce }: TransactionData): Address {
  const hash = keccak256(RLP.encode([bytesOf(from), bigintToBytes(nonce)]));
  return addressOf(hash.subarray(12));
}
