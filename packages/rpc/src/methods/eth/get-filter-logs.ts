import { defineMethod } from '../../method.ts';
import { filterIdParameter } from '../../parameters/common.ts';
import {
  EXAMPLE_CONTRACT,
  EXAMPLE_LOG_FILTER,
  EXAMPLE_TOPIC,
  EXAMPLE_TRANSACTION,
  HISTORY_NOT_HERE,
} from '../examples.ts';

export const ethGetFilterLogs = defineMethod({
  name: 'eth_getFilterLogs',
  summary: 'All logs a log filter matches, polled before or not.',
  params: [filterIdParameter],
  result: 'List of logs.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32000, when: 'there is no such log filter, or it expired' }, HISTORY_NOT_HERE],
  example: {
    params: [EXAMPLE_LOG_FILTER],
    result: [
      {
        address: EXAMPLE_CONTRACT,
        topics: [EXAMPLE_TOPIC],
        data: `0x${'00'.repeat(31)}01`,
        blockNumber: '0x2',
        transactionHash: EXAMPLE_TRANSACTION,
        logIndex: '0x0',
        '...': '...',
      },
    ],
  },
  handler: ([id], { filters }) => filters.logs(id),
});
