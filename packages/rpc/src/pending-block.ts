/**
 * The block that would follow the head if one were made now: what the tag `pending` means for block methods. Built
 * from the head and the pool without running anything, so what only execution tells is not in it: the state root is
 * the head's, no gas is used, receipts and blooms are empty, and the transactions root of a non-empty list is zero.
 */
import type { Bloom, Hash, HeaderData, TransactionData } from '@praline/chain';
import type { RpcBackend } from './backend.ts';

export interface PendingBlock {
  readonly header: HeaderData;
  /** Executable pooled transactions, each sender's in nonce order, as many as the gas limit holds. */
  readonly transactions: readonly TransactionData[];
}

export async function pendingBlock(backend: RpcBackend): Promise<PendingBlock> {
  const head = backend.reader.head();
  const next = backend.reader.nextBlock();
  const content = await backend.transactions.poolContent();
  const transactions = fitting([...content.pending.values()], next.gasLimit);
  const { baseFeePerGas: _headBaseFee, ...headFields } = head;
  return {
    transactions,
    header: {
      ...headFields,
      ...(next.baseFeePerGas === undefined ? {} : { baseFeePerGas: next.baseFeePerGas }),
      ...(head.blobGasUsed === undefined ? {} : { blobGasUsed: 0n }),
      parentHash: head.hash,
      number: next.number,
      gasLimit: next.gasLimit,
      gasUsed: 0n,
      timestamp: head.timestamp + 1,
      logsBloom: EMPTY_BLOOM,
      receiptsRoot: EMPTY_TRIE_ROOT,
      transactionsRoot: transactions.length === 0 ? EMPTY_TRIE_ROOT : ZERO_HASH,
      ...(head.withdrawalsRoot === undefined ? {} : { withdrawalsRoot: EMPTY_TRIE_ROOT }),
    },
  };
}

/** Root of a trie with nothing in it: keccak256(rlp('')) (Yellow Paper, appendix D). */
const EMPTY_TRIE_ROOT =
  '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421' as Hash;
const ZERO_HASH = `0x${'00'.repeat(32)}` as Hash;
const EMPTY_BLOOM = `0x${'00'.repeat(256)}` as Bloom;

function fitting(
  senders: readonly (readonly TransactionData[])[],
  gasLimit: bigint,
): readonly TransactionData[] {
  const chosen: TransactionData[] = [];
  let gasLeft = gasLimit;
  for (const transactions of senders) {
    for (const transaction of transactions) {
      // A sender's later transactions need this one, so the first that does not fit ends its turn.
      if (transaction.gasLimit > gasLeft) break;
      gasLeft -= transaction.gasLimit;
      chosen.push(transaction);
    }
  }
  return chosen;
}
