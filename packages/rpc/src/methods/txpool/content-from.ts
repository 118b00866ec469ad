import { formatByNonce } from '../../format/pool.ts';
import { formatPooledTransaction } from '../../format/transaction.ts';
import { defineMethod } from '../../method.ts';
import { accountParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_OTHER, EXAMPLE_WAITING } from '../examples.ts';

export const txpoolContentFrom = defineMethod({
  name: 'txpool_contentFrom',
  summary: 'Transactions of one sender in the pool of this node.',
  params: [accountParameter],
  result: '`pending` and `queued`: nonce in decimal to transaction.',
  peers: ['geth'],
  errors: [],
  example: {
    params: [EXAMPLE_OTHER],
    result: {
      pending: {},
      queued: {
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
  handler: async ([address], { backend }) => {
    const { pending, queued } = await backend.transactions.poolContent();
    return {
      pending: formatByNonce(pending.get(address) ?? [], formatPooledTransaction),
      queued: formatByNonce(queued.get(address) ?? [], formatPooledTransaction),
    };
  },
});
