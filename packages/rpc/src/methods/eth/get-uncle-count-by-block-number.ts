import { defineMethod } from '../../method.ts';
import { blockNumberParameter } from '../../parameters/common.ts';

export const ethGetUncleCountByBlockNumber = defineMethod({
  name: 'eth_getUncleCountByBlockNumber',
  summary: 'Number of uncles of a block: none, as in every chain without mining races.',
  params: [blockNumberParameter],
  result: '`0x0`, null when there is no such block.',
  peers: ['anvil', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: ['latest'], result: '0x0' },
  handler: ([block], { backend }) => (backend.reader.header(block) === undefined ? null : '0x0'),
});
