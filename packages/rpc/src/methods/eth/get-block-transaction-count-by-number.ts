import { transactionHashes } from '../../blocks.ts';
import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter } from '../../parameters/common.ts';

export const ethGetBlockTransactionCountByNumber = defineMethod({
  name: 'eth_getBlockTransactionCountByNumber',
  summary: 'Number of transactions in a block.',
  params: [blockNumberParameter],
  result: 'A quantity, null when there is no such block.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: ['latest'], result: '0x1' },
  handler: async ([block], { backend }) => {
    const hashes = await transactionHashes(backend, block);
    return hashes === null ? null : quantity(hashes.length);
  },
});
