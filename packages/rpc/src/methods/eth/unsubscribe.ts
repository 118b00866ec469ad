import { serverError } from '../../errors.ts';
import { defineMethod } from '../../method.ts';
import { filterIdParameter } from '../../parameters/common.ts';
import { EXAMPLE_SUBSCRIPTION } from '../examples.ts';

export const ethUnsubscribe = defineMethod({
  name: 'eth_unsubscribe',
  summary: 'Ends a subscription of this connection.',
  params: [filterIdParameter],
  result: 'True.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32000, when: 'the connection has no such subscription' }],
  example: { params: [EXAMPLE_SUBSCRIPTION], result: true },
  handler: ([id], { connection }) => {
    if (connection.subscriptions?.remove(id) === true) return true;
    throw serverError('subscription not found');
  },
});
