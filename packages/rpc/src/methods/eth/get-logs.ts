import { findLogs } from '../../filters/log-range.ts';
import { formatLog } from '../../format/log.ts';
import { defineMethod, required } from '../../method.ts';
import { logFilter } from '../../parameters/log-filter.ts';
import { EXAMPLE_CONTRACT, EXAMPLE_TOPIC } from '../examples.ts';

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
    { code: -32005, when: 'more logs match than one answer holds; ask for fewer blocks' },
  ],
  example: {
    params: [
      { fromBlock: '0x1', toBlock: 'latest', address: EXAMPLE_CONTRACT, topics: [EXAMPLE_TOPIC] },
    ],
    result: [],
  },
  handler: ([filter], { backend, limits }) =>
    findLogs(backend.reader, filter, limits.resultsMax).map(formatLog),
});
