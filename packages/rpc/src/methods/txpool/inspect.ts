import { formatPool, summaryOf } from '../../format/pool.ts';
import { defineMethod } from '../../method.ts';

export const txpoolInspect = defineMethod({
  name: 'txpool_inspect',
  summary: 'One line about each transaction in the pool of this node.',
  params: [],
  result: '`pending` and `queued`: sender, then nonce in decimal, to text.',
  peers: ['anvil', 'geth'],
  errors: [],
  example: { params: [], result: { pending: {}, queued: {} } },
  handler: async (_, { backend }) =>
    formatPool(await backend.transactions.poolContent(), summaryOf),
});
