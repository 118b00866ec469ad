import { defineMethod } from '../../method.ts';
import { EXAMPLE_LOG_FILTER, RANDOM_ID } from '../examples.ts';

export const ethNewBlockFilter = defineMethod({
  name: 'eth_newBlockFilter',
  summary: 'Watches new blocks, to be polled with eth_getFilterChanges for their hashes.',
  params: [],
  result: 'Id of the filter, removed after five minutes without a poll.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32005, when: 'there are too many filters' }],
  example: { params: [], result: EXAMPLE_LOG_FILTER, varies: RANDOM_ID },
  handler: (_, { filters, connection }) => filters.addBlockFilter(connection),
});
