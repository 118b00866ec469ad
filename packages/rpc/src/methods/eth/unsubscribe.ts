import { serverError } from '../../errors.ts';
import { defineMethod } from '../../method.ts';
import { filterIdParameter } from '../../parameters/common.ts';

export const ethUnsubscribe = defineMethod({
  name: 'eth_unsubscribe',
  summary: 'Ends a subscription of this connection.',
  params: [filterIdParameter],
  result: 'True.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32000, when: 'the connection has no such subscription' }],
  example: { params: ['0x9cef478923ff08bf67fde6c64013158d'], result: true },
  handler: ([id], { connection }) => {
    if (connection.subscriptions?.remove(id) === true) return true;
    throw serverError('subscription not found');
  },
});
