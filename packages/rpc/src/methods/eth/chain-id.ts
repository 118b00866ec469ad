import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';

export const ethChainId = defineMethod({
  name: 'eth_chainId',
  summary: 'Chain id that transactions are signed for (EIP-155).',
  params: [],
  result: 'A quantity.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: '0x7a69' },
  handler: (_, { backend }) => quantity(backend.reader.chainId),
});
