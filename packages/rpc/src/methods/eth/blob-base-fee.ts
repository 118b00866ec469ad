import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';

export const ethBlobBaseFee = defineMethod({
  name: 'eth_blobBaseFee',
  summary: 'Base fee of blob gas in the next block (EIP-4844).',
  params: [],
  result: 'Wei per blob gas; null before the Cancun fork.',
  peers: ['anvil', 'hardhat', 'geth'],
  errors: [],
  example: { params: [], result: '0x1' },
  handler: (_, { backend }) => {
    const fee = backend.reader.nextBlock().blobBaseFee;
    return fee === undefined ? null : quantity(fee);
  },
});
