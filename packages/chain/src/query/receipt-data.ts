/** Receipts and logs with their place, from what the store holds of them. */
import type { Common } from '@ethereumjs/common';
import { generateAddress } from '@ethereumjs/util';
import type { HeaderData, LogData, ReceiptData, TransactionData } from '../block/block-data.ts';
import { bloomOfLogs } from '../block/bloom.ts';
import type { StoredReceipt } from '../block/receipt-codec.ts';
import { bigintToBytes } from '../encoding/quantity.ts';
import { corruptStore } from '../errors.ts';
import { blobBaseFee, GAS_PER_BLOB } from '../execution/fee-rules.ts';
import { type Address, addressOf, bytesOf, hexOf, type Wei, weiOf } from '../primitives.ts';

/** Wei per gas that a transaction pays in a block with this base fee (EIP-1559). */
export function effectiveGasPrice(transaction: TransactionData, baseFee: Wei | undefined): Wei {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas } = transaction;
  if (maxFeePerGas === undefined || maxPriorityFeePerGas === undefined) {
    return gasPrice ?? weiOf(0n);
  }
  const wanted = (baseFee ?? 0n) + maxPriorityFeePerGas;
  return wanted < maxFeePerGas ? weiOf(wanted) : maxFeePerGas;
}

/** `rules`: the library's parameters at the block's fork. Throws `corrupt-store` when the numbers differ. */
export function receiptsOf(
  header: HeaderData,
  transactions: readonly TransactionData[],
  stored: readonly StoredReceipt[],
  rules: Common,
): readonly ReceiptData[] {
  if (transactions.length !== stored.length) {
    throw corruptStore(`block ${header.hash} has ${stored.length} receipts`);
  }
  const blobGasPrice =
    header.excessBlobGas === undefined ? undefined : blobBaseFee(header.excessBlobGas, rules);
  let firstLogIndex = 0;
  let gasBefore = 0n;
  return stored.map((receipt, index) => {
    const transaction = transactions[index];
    if (transaction === undefined) throw corruptStore(`block ${header.hash} is cut short`);
    const logs = logsOf(header, transaction, index, receipt, firstLogIndex);
    const gasUsed = receipt.cumulativeGasUsed - gasBefore;
    firstLogIndex += logs.length;
    gasBefore = receipt.cumulativeGasUsed;
    const blobs = transaction.blobVersionedHashes;
    return {
      transactionHash: transaction.hash,
      transactionIndex: index,
      blockHash: header.hash,
      blockNumber: header.number,
      from: transaction.from,
      to: transaction.to,
      type: receipt.type,
      ...(typeof receipt.outcome === 'number'
        ? { status: receipt.outcome }
        : { root: receipt.outcome }),
      gasUsed,
      cumulativeGasUsed: receipt.cumulativeGasUsed,
      effectiveGasPrice: effectiveGasPrice(transaction, header.baseFeePerGas),
      contractAddress: transaction.to === null ? createdAddress(transaction) : null,
      logs,
      logsBloom: bloomOfLogs(logs),
      ...(blobs !== undefined &&
        blobGasPrice !== undefined && {
          blobGasUsed: BigInt(blobs.length) * GAS_PER_BLOB,
          blobGasPrice,
        }),
    };
  });
}

function logsOf(
  header: HeaderData,
  transaction: TransactionData,
  transactionIndex: number,
  receipt: StoredReceipt,
  firstLogIndex: number,
): readonly LogData[] {
  return receipt.logs.map(({ address, topics, data }, index) => ({
    address,
    topics,
    data: hexOf(data),
    blockNumber: header.number,
    blockHash: header.hash,
    blockTimestamp: header.timestamp,
    transactionHash: transaction.hash,
    transactionIndex,
    logIndex: firstLogIndex + index,
  }));
}

/** Address of the contract that a transaction without recipient makes (Yellow Paper 7). */
export function createdAddress({ from, nonce }: Pick<TransactionData, 'from' | 'nonce'>): Address {
  return addressOf(generateAddress(bytesOf(from), bigintToBytes(nonce)));
}
