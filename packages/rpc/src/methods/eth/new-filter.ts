import { defineMethod, required } from '../../method.ts';
import { logFilter } from '../../parameters/log-filter.ts';
import { EXAMPLE_CONTRACT, EXAMPLE_LOG_FILTER, RANDOM_ID } from '../examples.ts';

export const ethNewFilter = defineMethod({
  name: 'eth_newFilter',
  summary:
    'Watches logs, to be polled with eth_getFilterChanges. With `fromBlock` a number or `earliest`, the first poll starts there; without, at the next block.',
  params: [required('filter', logFilter, 'As in eth_getLogs, without `blockHash`.')],
  result: 'Id of the filter, removed after five minutes without a poll.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32005, when: 'there are too many filters' }],
  example: {
    params: [{ address: EXAMPLE_CONTRACT }],
    result: EXAMPLE_LOG_FILTER,
    varies: RANDOM_ID,
  },
  handler: ([filter], { filters, connection }) => filters.addLogFilter(filter, connection),
});
