/** Blocks in geth's JSON shape: keys in geth's (alphabetical) order, no `totalDifficulty`, fork fields when present. */
import type { BlockData, WithdrawalData } from '@praline/chain';
import type { JsonValue } from '../json.ts';
import type { PendingBlock } from '../pending-block.ts';
import { formatHeader } from './header.ts';
import { quantity } from './quantity.ts';
import { formatPooledTransaction, formatTransactionInBlock } from './transaction.ts';

/** What a block's `transactions` holds: hashes, or whole objects. */
export type TransactionDetail = 'hashes' | 'objects';

export type FormattedBlock = Readonly<Record<string, JsonValue>>;

export function formatBlock(block: BlockData, detail: TransactionDetail): FormattedBlock {
  return inOrder({
    ...formatHeader(block.header),
    size: quantity(block.size),
    transactions: block.transactions.map((transaction, index) =>
      detail === 'hashes'
        ? transaction.hash
        : formatTransactionInBlock(transaction, index, block.header),
    ),
    uncles: [],
    ...(block.withdrawals === undefined
      ? {}
      : { withdrawals: block.withdrawals.map(formatWithdrawal) }),
  });
}

/** As geth shows it: `hash`, `nonce` and `miner` are null, for nobody has made the block yet. */
export function formatPendingBlock(block: PendingBlock, detail: TransactionDetail): FormattedBlock {
  return inOrder({
    ...formatHeader(block.header),
    hash: null,
    miner: null,
    nonce: null,
    size: quantity(0),
    transactions: block.transactions.map((transaction) =>
      detail === 'hashes' ? transaction.hash : formatPooledTransaction(transaction),
    ),
    uncles: [],
    ...(block.header.withdrawalsRoot === undefined ? {} : { withdrawals: [] }),
  });
}

function formatWithdrawal(withdrawal: WithdrawalData) {
  return {
    index: quantity(withdrawal.index),
    validatorIndex: quantity(withdrawal.validatorIndex),
    address: withdrawal.address,
    amount: quantity(withdrawal.amount),
  };
}

function inOrder(fields: FormattedBlock): FormattedBlock {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}
