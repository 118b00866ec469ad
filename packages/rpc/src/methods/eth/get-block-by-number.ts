import { findBlock } from '../../blocks.ts';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter, fullTransactionsParameter } from '../../parameters/common.ts';
import { EXAMPLE_BLOCK, EXAMPLE_TRANSACTION } from '../examples.ts';

export const ethGetBlockByNumber = defineMethod({
  name: 'eth_getBlockByNumber',
  summary:
    'A block by its number. `pending` is what would be made now: head and pool, without the results of running it.',
  params: [blockNumberParameter, fullTransactionsParameter],
  result: 'The block, null when there is none.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: {
    params: ['latest', false],
    result: {
      gasUsed: '0x5618',
      hash: EXAMPLE_BLOCK,
      number: '0x2',
      parentHash: '0x7615969c8c1284b16d1f79cb86b8b8bd98677f9ef1a4efb6f750b770807f6102',
      timestamp: '0x2',
      transactions: [EXAMPLE_TRANSACTION],
      '...': '...',
    },
  },
  handler: ([block, full], { backend }) => findBlock(backend, block, full ? 'objects' : 'hashes'),
});
