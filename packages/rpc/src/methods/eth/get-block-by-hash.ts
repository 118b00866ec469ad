import { findBlock } from '../../blocks.ts';
import { defineMethod } from '../../method.ts';
import { blockHashParameter, fullTransactionsParameter } from '../../parameters/common.ts';
import { EXAMPLE_HASH } from '../examples.ts';

export const ethGetBlockByHash = defineMethod({
  name: 'eth_getBlockByHash',
  summary: 'A block by its hash.',
  params: [blockHashParameter, fullTransactionsParameter],
  result: 'The block, null when there is none.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [EXAMPLE_HASH, false], result: null },
  handler: ([hash, full], { backend }) => findBlock(backend, { hash }, full ? 'objects' : 'hashes'),
});
