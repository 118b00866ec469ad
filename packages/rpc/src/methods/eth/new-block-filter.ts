import { defineMethod } from '../../method.ts';

export const ethNewBlockFilter = defineMethod({
  name: 'eth_newBlockFilter',
  summary: 'Watches new blocks, to be polled with eth_getFilterChanges for their hashes.',
  params: [],
  result: 'Id of the filter, removed after five minutes without a poll.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32005, when: 'there are too many filters' }],
  example: { params: [], result: '0x8f2bd5c1a4be4d0f9b7d1fb40a4dd1a7' },
  handler: (_, { filters, connection }) => filters.addBlockFilter(connection),
});
