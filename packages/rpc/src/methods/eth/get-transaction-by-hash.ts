import { formatLocatedTransaction, formatPooledTransaction } from '../../format/transaction.ts';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_HASH } from '../examples.ts';

export const ethGetTransactionByHash = defineMethod({
  name: 'eth_getTransactionByHash',
  summary: 'A transaction of the chain, or of the pool of this node.',
  params: [transactionHashParameter],
  result: 'The transaction, null when there is none; null block fields while it is in the pool.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [EXAMPLE_HASH], result: null },
  handler: async ([hash], { backend }) => {
    const located = backend.reader.transaction(hash);
    if (located !== undefined) return formatLocatedTransaction(located);
    const pooled = await backend.transactions.pooled(hash);
    if (pooled !== undefined) return formatPooledTransaction(pooled);
    // It may have gone from the pool into a block between the two looks.
    const committed = backend.reader.transaction(hash);
    return committed === undefined ? null : formatLocatedTransaction(committed);
  },
});
