import { defineMethod } from '../../method.ts';
import { blockHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_BLOCK } from '../examples.ts';

export const ethGetUncleCountByBlockHash = defineMethod({
  name: 'eth_getUncleCountByBlockHash',
  summary: 'Number of uncles of a block: none, as in every chain without mining races.',
  params: [blockHashParameter],
  result: '`0x0`, null when there is no such block.',
  peers: ['anvil', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [EXAMPLE_BLOCK], result: '0x0' },
  handler: ([hash], { backend }) => (backend.reader.header({ hash }) === undefined ? null : '0x0'),
});
