import { formatByNonce } from '../../format/pool.ts';
import { formatPooledTransaction } from '../../format/transaction.ts';
import { defineMethod } from '../../method.ts';
import { accountParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS } from '../examples.ts';

export const txpoolContentFrom = defineMethod({
  name: 'txpool_contentFrom',
  summary: 'Transactions of one sender in the pool of this node.',
  params: [accountParameter],
  result: '`pending` and `queued`: nonce in decimal to transaction.',
  peers: ['geth'],
  errors: [],
  example: { params: [EXAMPLE_ADDRESS], result: { pending: {}, queued: {} } },
  handler: async ([address], { backend }) => {
    const { pending, queued } = await backend.transactions.poolContent();
    return {
      pending: formatByNonce(pending.get(address) ?? [], formatPooledTransaction),
      queued: formatByNonce(queued.get(address) ?? [], formatPooledTransaction),
    };
  },
});
