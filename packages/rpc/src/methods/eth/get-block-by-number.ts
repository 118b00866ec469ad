import { findBlock } from '../../blocks.ts';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter, fullTransactionsParameter } from '../../parameters/common.ts';

export const ethGetBlockByNumber = defineMethod({
  name: 'eth_getBlockByNumber',
  summary:
    'A block by its number. `pending` is what would be made now: head and pool, without the results of running it.',
  params: [blockNumberParameter, fullTransactionsParameter],
  result: 'The block, null when there is none.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: ['0xffffff', false], result: null },
  handler: ([block, full], { backend }) => findBlock(backend, block, full ? 'objects' : 'hashes'),
});
