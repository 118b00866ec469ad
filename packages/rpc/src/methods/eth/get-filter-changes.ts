import { defineMethod } from '../../method.ts';
import { filterIdParameter } from '../../parameters/common.ts';

export const ethGetFilterChanges = defineMethod({
  name: 'eth_getFilterChanges',
  summary: 'What a filter has found since the last poll, each thing once.',
  params: [filterIdParameter],
  result: 'Logs, block hashes or transaction hashes, by the kind of the filter.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32000, when: 'there is no such filter, or it expired' }],
  example: { params: ['0x8f2bd5c1a4be4d0f9b7d1fb40a4dd1a7'], result: [] },
  handler: ([id], { filters }) => filters.changes(id),
});
