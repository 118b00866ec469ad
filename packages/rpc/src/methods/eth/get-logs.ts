import { findLogs } from '../../filters/log-range.ts';
import { formatLog } from '../../format/log.ts';
import { defineMethod, required } from '../../method.ts';
import { logFilter } from '../../parameters/log-filter.ts';
import {
  EXAMPLE_BLOCK,
  EXAMPLE_CONTRACT,
  EXAMPLE_TOPIC,
  EXAMPLE_TRANSACTION,
  HISTORY_NOT_HERE,
} from '../examples.ts';

export const ethGetLogs = defineMethod({
  name: 'eth_getLogs',
  summary: 'Logs of committed blocks by address and topics.',
  params: [
    required(
      'filter',
      logFilter,
      '`fromBlock` and `toBlock` (both `latest` when absent) or `blockHash`; `address`; `topics`.',
    ),
  ],
  result: 'List of logs, in order.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [
    { code: -32602, when: 'the range is reversed or reaches beyond the head' },
    { code: -32000, when: 'there is no block of that hash' },
    HISTORY_NOT_HERE,
    { code: -32005, when: 'more logs match than one answer holds; ask for fewer blocks' },
  ],
  example: {
    params: [
      { fromBlock: '0x1', toBlock: 'latest', address: EXAMPLE_CONTRACT, topics: [EXAMPLE_TOPIC] },
    ],
    result: [
      {
        address: EXAMPLE_CONTRACT,
        topics: [EXAMPLE_TOPIC],
        data: `0x${'00'.repeat(31)}01`,
        blockNumber: '0x2',
        transactionHash: EXAMPLE_TRANSACTION,
        transactionIndex: '0x0',
        blockHash: EXAMPLE_BLOCK,
        blockTimestamp: '0x2',
        logIndex: '0x0',
        removed: false,
      },
    ],
  },
  handler: ([filter], { backend, limits }) =>
    findLogs(backend.reader, filter, limits.resultsMax).map(formatLog),
});
