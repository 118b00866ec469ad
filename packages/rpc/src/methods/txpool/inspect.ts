import { formatPool, summaryOf } from '../../format/pool.ts';
import { defineMethod } from '../../method.ts';

export const txpoolInspect = defineMethod({
  name: 'txpool_inspect',
  summary: 'One line about each transaction in the pool of this node.',
  params: [],
  result: '`pending` and `queued`: sender, then nonce in decimal, to text.',
  peers: ['anvil', 'geth'],
  errors: [],
  example: {
    params: [],
    result: {
      pending: {},
      queued: {
        '0x70997970C51812dc3A010C7d01b50e0d17dc79C8': {
          1: '0xf39Fd6e51aad88F6F4ce6aB8...0000 wei',
        },
      },
    },
  },
  handler: async (_, { backend }) =>
    formatPool(await backend.transactions.poolContent(), summaryOf),
});
