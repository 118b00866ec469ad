/** Receipts in geth's JSON shape: `root` before Byzantium, `status` after (EIP-658); blob fields for type 3 only. */
import type { ReceiptData } from '@praline/chain';
import { formatLog } from './log.ts';
import { quantity } from './quantity.ts';

export function formatReceipt(receipt: ReceiptData) {
  return {
    ...(receipt.blobGasPrice === undefined ? {} : { blobGasPrice: quantity(receipt.blobGasPrice) }),
    ...(receipt.blobGasUsed === undefined ? {} : { blobGasUsed: quantity(receipt.blobGasUsed) }),
    blockHash: receipt.blockHash,
    blockNumber: quantity(receipt.blockNumber),
    contractAddress: receipt.contractAddress,
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantity(receipt.effectiveGasPrice),
    from: receipt.from,
    gasUsed: quantity(receipt.gasUsed),
    logs: receipt.logs.map(formatLog),
    logsBloom: receipt.logsBloom,
    ...(receipt.root === undefined ? {} : { root: receipt.root }),
    ...(receipt.status === undefined ? {} : { status: quantity(receipt.status) }),
    to: receipt.to,
    transactionHash: receipt.transactionHash,
    transactionIndex: quantity(receipt.transactionIndex),
    type: quantity(receipt.type),
  };
}
