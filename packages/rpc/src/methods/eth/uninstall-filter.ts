import { defineMethod } from '../../method.ts';
import { filterIdParameter } from '../../parameters/common.ts';
import { EXAMPLE_LOG_FILTER } from '../examples.ts';

export const ethUninstallFilter = defineMethod({
  name: 'eth_uninstallFilter',
  summary: 'Removes a filter.',
  params: [filterIdParameter],
  result: 'Whether there was one.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [EXAMPLE_LOG_FILTER], result: true },
  handler: ([id], { filters }) => filters.remove(id),
});
