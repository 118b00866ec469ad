/** Blocks, transactions and frames as the Otterscan explorer reads them. */
import type { AddressTransactions, BlockData, ReceiptData, ReplayedFrame } from '@praline/chain';
import { formatHeader } from './header.ts';
import { quantity } from './quantity.ts';
import { formatReceipt } from './receipt.ts';
import { formatTransactionInBlock } from './transaction.ts';

/** A selector, `0x` included, in characters. */
const SELECTOR_LENGTH = 10;

/** Transactions are counted, not told; nobody reads the bloom. */
function slimBlock(block: BlockData) {
  return {
    ...formatHeader(block.header),
    logsBloom: null,
    size: quantity(block.size),
    transactionCount: block.transactions.length,
    uncles: [],
  };
}

/** Since the merge nothing is issued for a block. */
const NO_ISSUANCE = { blockReward: '0x0', uncleReward: '0x0', issuance: '0x0' } as const;

export function formatBlockDetails(block: BlockData, receipts: readonly ReceiptData[]) {
  const fees = receipts.reduce((sum, one) => sum + one.gasUsed * one.effectiveGasPrice, 0n);
  return { block: slimBlock(block), issuance: NO_ISSUANCE, totalFees: quantity(fees) };
}

/** Pages count from the block's end, as in Erigon. */
export function formatBlockPage(
  block: BlockData,
  receipts: readonly ReceiptData[],
  page: { readonly number: number; readonly size: number },
) {
  const end = Math.max(0, block.transactions.length - page.number * page.size);
  const start = Math.max(0, end - page.size);
  return {
    fullblock: {
      ...slimBlock(block),
      transactions: block.transactions.slice(start, end).map((transaction, offset) => {
        const formatted = formatTransactionInBlock(transaction, start + offset, block.header);
        return { ...formatted, input: transaction.input.slice(0, SELECTOR_LENGTH) };
      }),
    },
    receipts: receipts
      .slice(start, end)
      .map((receipt) => ({ ...formatReceipt(receipt), logs: null, logsBloom: null })),
  };
}

/** Newest first, whichever way they were found. */
export function formatSearch(
  found: AddressTransactions['transactions'],
  pages: { readonly firstPage: boolean; readonly lastPage: boolean },
) {
  return {
    txs: found.map(({ transaction, index, header }) =>
      formatTransactionInBlock(transaction, index, header),
    ),
    receipts: found.map(({ receipt, header }) => ({
      ...formatReceipt(receipt),
      timestamp: header.timestamp,
    })),
    ...pages,
  };
}

export function formatTraceEntry(frame: ReplayedFrame) {
  const { type, path, from, to, value, input, output } = frame;
  const movesNothing = type === 'DELEGATECALL' || value === undefined;
  return {
    type,
    depth: path.length,
    from,
    to,
    value: movesNothing ? null : quantity(value),
    input,
    output,
  };
}

/** Otterscan's numbers of what happens inside of a transaction. */
const OPERATION_TYPES: Partial<Record<ReplayedFrame['type'], number>> = {
  CALL: 0,
  SELFDESTRUCT: 1,
  CREATE: 2,
  CREATE2: 3,
};

/** Transfers of value, creations and self-destructions below the outermost call that were not undone. */
export function formatOperations(frames: readonly ReplayedFrame[]) {
  return lasting(frames).flatMap(({ type, path, from, to, value = 0n }) => {
    const number = OPERATION_TYPES[type];
    const isPlainCall = type === 'CALL' && value === 0n;
    if (path.length === 0 || number === undefined || isPlainCall || to === null) return [];
    return [{ type: number, from, to, value: quantity(value) }];
  });
}

/** Frames that did not fail and are not below one that did. */
export function lasting(frames: readonly ReplayedFrame[]): readonly ReplayedFrame[] {
  let failedDepth = Number.POSITIVE_INFINITY;
  return frames.filter(({ path, error }) => {
    if (path.length > failedDepth) return false;
    failedDepth = error === undefined ? Number.POSITIVE_INFINITY : path.length;
    return error === undefined;
  });
}
