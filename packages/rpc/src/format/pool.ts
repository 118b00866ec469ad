/** The pool as `txpool_*` shows it: sender, then nonce in decimal. Senders carry a checksum (EIP-55), as in geth. */
import type { PoolContent, TransactionData } from '@praline/chain';
import { checksumAddress } from '@praline/chain/reading';
import type { JsonValue } from '../json.ts';

export function formatPool(
  content: PoolContent,
  format: (transaction: TransactionData) => JsonValue,
): JsonValue {
  return {
    pending: formatSenders(content.pending, format),
    queued: formatSenders(content.queued, format),
  };
}

function formatSenders(
  senders: PoolContent['pending'],
  format: (transaction: TransactionData) => JsonValue,
): JsonValue {
  return Object.fromEntries(
    [...senders].map(([sender, transactions]) => [
      checksumAddress(sender),
      formatByNonce(transactions, format),
    ]),
  );
}

export function formatByNonce(
  transactions: readonly TransactionData[],
  format: (transaction: TransactionData) => JsonValue,
): JsonValue {
  return Object.fromEntries(
    transactions.map((transaction) => [transaction.nonce.toString(), format(transaction)]),
  );
}

/** geth's one-line summary of a transaction. */
export function summaryOf(transaction: TransactionData): string {
  const target = transaction.to === null ? 'contract creation' : checksumAddress(transaction.to);
  const price = transaction.maxFeePerGas ?? transaction.gasPrice ?? 0n;
  return `${target}: ${transaction.value} wei + ${transaction.gasLimit} gas × ${price} wei`;
}
