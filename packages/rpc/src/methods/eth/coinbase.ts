import { defineMethod } from '../../method.ts';

export const ethCoinbase = defineMethod({
  name: 'eth_coinbase',
  summary: 'Account that the fees of blocks made by this node go to.',
  params: [],
  result: 'An address.',
  peers: ['anvil', 'hardhat', 'ganache', 'besu'],
  errors: [],
  example: { params: [], result: '0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0' },
  handler: (_, { backend }) => backend.network.coinbase,
});
