import { defineMethod } from '../../method.ts';
import { filterIdParameter } from '../../parameters/common.ts';

export const ethGetFilterLogs = defineMethod({
  name: 'eth_getFilterLogs',
  summary: 'All logs a log filter matches, polled before or not.',
  params: [filterIdParameter],
  result: 'List of logs.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32000, when: 'there is no such log filter, or it expired' }],
  example: { params: ['0x8f2bd5c1a4be4d0f9b7d1fb40a4dd1a7'], result: [] },
  handler: ([id], { filters }) => filters.logs(id),
});
