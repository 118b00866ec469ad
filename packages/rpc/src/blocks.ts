/** Finding the block a client means, pending one included, in the forms that methods answer. */
import type { BlockSelector, Hash } from '@praline/chain';
import type { RpcBackend } from './backend.ts';
import {
  type FormattedBlock,
  formatBlock,
  formatPendingBlock,
  type TransactionDetail,
} from './format/block.ts';
import {
  type FormattedTransaction,
  formatPooledTransaction,
  formatTransactionInBlock,
} from './format/transaction.ts';
import { isPending } from './parameters/block-selector.ts';
import { pendingBlock } from './pending-block.ts';

/** Null when there is none. */
export async function findBlock(
  backend: RpcBackend,
  selector: BlockSelector,
  detail: TransactionDetail,
): Promise<FormattedBlock | null> {
  if (isPending(selector)) return formatPendingBlock(await pendingBlock(backend), detail);
  const block = backend.reader.block(selector);
  return block === undefined ? null : formatBlock(block, detail);
}

/** Null when there is no such block. */
export async function transactionHashes(
  backend: RpcBackend,
  selector: BlockSelector,
): Promise<readonly Hash[] | null> {
  const transactions = isPending(selector)
    ? (await pendingBlock(backend)).transactions
    : backend.reader.block(selector)?.transactions;
  return transactions?.map(({ hash }) => hash) ?? null;
}

/** Null when there is no such block, or it has fewer transactions. */
export async function findTransactionAt(
  backend: RpcBackend,
  selector: BlockSelector,
  index: number,
): Promise<FormattedTransaction | null> {
  if (isPending(selector)) {
    const pooled = (await pendingBlock(backend)).transactions[index];
    return pooled === undefined ? null : formatPooledTransaction(pooled);
  }
  const block = backend.reader.block(selector);
  const transaction = block?.transactions[index];
  if (block === undefined || transaction === undefined) return null;
  return formatTransactionInBlock(transaction, index, block.header);
}
