import { transactionHashes } from '../../blocks.ts';
import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';
import { blockHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_BLOCK } from '../examples.ts';

export const ethGetBlockTransactionCountByHash = defineMethod({
  name: 'eth_getBlockTransactionCountByHash',
  summary: 'Number of transactions in a block.',
  params: [blockHashParameter],
  result: 'A quantity, null when there is no such block.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [EXAMPLE_BLOCK], result: '0x1' },
  handler: async ([hash], { backend }) => {
    const hashes = await transactionHashes(backend, { hash });
    return hashes === null ? null : quantity(hashes.length);
  },
});
