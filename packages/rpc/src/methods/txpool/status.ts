import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';

export const txpoolStatus = defineMethod({
  name: 'txpool_status',
  summary: 'Number of transactions in the pool of this node.',
  params: [],
  result: '`pending` (executable) and `queued` (behind a nonce gap).',
  peers: ['anvil', 'geth'],
  errors: [],
  example: { params: [], result: { pending: '0x0', queued: '0x1' } },
  handler: async (_, { backend }) => {
    const { pending, queued } = await backend.transactions.poolStatus();
    return { pending: quantity(pending), queued: quantity(queued) };
  },
});
