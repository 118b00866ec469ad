import { formatPool } from '../../format/pool.ts';
import { formatPooledTransaction } from '../../format/transaction.ts';
import { defineMethod } from '../../method.ts';

export const txpoolContent = defineMethod({
  name: 'txpool_content',
  summary: 'All transactions in the pool of this node.',
  params: [],
  result: '`pending` and `queued`: sender, then nonce in decimal, to transaction.',
  peers: ['anvil', 'ganache', 'geth'],
  errors: [],
  example: { params: [], result: { pending: {}, queued: {} } },
  handler: async (_, { backend }) =>
    formatPool(await backend.transactions.poolContent(), formatPooledTransaction),
});
