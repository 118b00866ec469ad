import { defineMethod } from '../../method.ts';
import { filterIdParameter } from '../../parameters/common.ts';
import {
  EXAMPLE_CONTRACT,
  EXAMPLE_LOG_FILTER,
  EXAMPLE_TOPIC,
  EXAMPLE_TRANSACTION,
  HISTORY_NOT_HERE,
} from '../examples.ts';

export const ethGetFilterChanges = defineMethod({
  name: 'eth_getFilterChanges',
  summary: 'What a filter has found since the last poll, each thing once.',
  params: [filterIdParameter],
  result: 'Logs, block hashes or transaction hashes, by the kind of the filter.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [{ code: -32000, when: 'there is no such filter, or it expired' }, HISTORY_NOT_HERE],
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
  handler: ([id], { filters }) => filters.changes(id),
});
