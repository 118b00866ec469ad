/** The pool as `txpool_*` shows it: sender, then nonce in decimal. Senders carry a checksum (EIP-55), as in geth. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import type { Address, PoolContent, TransactionData } from '@praline/chain';
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
      checksummed(sender),
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
  const target = transaction.to === null ? 'contract creation' : checksummed(transaction.to);
  const price = transaction.maxFeePerGas ?? transaction.gasPrice ?? 0n;
  return `${target}: ${transaction.value} wei + ${transaction.gasLimit} gas × ${price} wei`;
}

/** EIP-55: a letter is upper case where the hash of the address has a high digit. */
function checksummed(address: Address): string {
  const digits = address.slice(2);
  const hash = keccak_256(Buffer.from(digits, 'ascii'));
  const cased = [...digits].map((digit, position) => {
    const byte = hash[position >> 1] ?? 0;
    const nibble = position % 2 === 0 ? byte >> 4 : byte & 0x0f;
    return nibble >= 8 ? digit.toUpperCase() : digit;
  });
  return `0x${cased.join('')}`;
}
