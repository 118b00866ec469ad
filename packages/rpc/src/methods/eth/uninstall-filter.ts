import { defineMethod } from '../../method.ts';
import { filterIdParameter } from '../../parameters/common.ts';

export const ethUninstallFilter = defineMethod({
  name: 'eth_uninstallFilter',
  summary: 'Removes a filter.',
  params: [filterIdParameter],
  result: 'Whether there was one.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: ['0x8f2bd5c1a4be4d0f9b7d1fb40a4dd1a7'], result: true },
  handler: ([id], { filters }) => filters.remove(id),
});
