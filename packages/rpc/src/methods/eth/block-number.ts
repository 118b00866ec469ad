import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';

export const ethBlockNumber = defineMethod({
  name: 'eth_blockNumber',
  summary: 'Number of the last committed block, as far as this node has applied it.',
  params: [],
  result: 'A quantity.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: '0x2' },
  handler: (_, { backend }) => quantity(backend.reader.head().number),
});
