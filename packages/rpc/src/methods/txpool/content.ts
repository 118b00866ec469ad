import { formatPool } from '../../format/pool.ts';
import { formatPooledTransaction } from '../../format/transaction.ts';
import { defineMethod } from '../../method.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_OTHER, EXAMPLE_WAITING } from '../examples.ts';

export const txpoolContent = defineMethod({
  name: 'txpool_content',
  summary: 'All transactions in the pool of this node.',
  params: [],
  result: '`pending` and `queued`: sender, then nonce in decimal, to transaction.',
  peers: ['anvil', 'ganache', 'geth'],
  errors: [],
  example: {
    params: [],
    result: {
      pending: {},
      queued: {
        '0x70997970C51812dc3A010C7d01b50e0d17dc79C8': {
          1: {
            blockNumber: null,
            from: EXAMPLE_OTHER,
            hash: EXAMPLE_WAITING,
            nonce: '0x1',
            to: EXAMPLE_ADDRESS,
            value: '0x1',
            type: '0x2',
            '...': '...',
          },
        },
      },
    },
  },
  handler: async (_, { backend }) =>
    formatPool(await backend.transactions.poolContent(), formatPooledTransaction),
});
