import { defineMethod } from '../../method.ts';
import { EXAMPLE_ADDRESS } from '../examples.ts';

export const ethCoinbase = defineMethod({
  name: 'eth_coinbase',
  summary: 'Account that the fees of blocks made by this node go to.',
  params: [],
  result: 'An address.',
  peers: ['anvil', 'hardhat', 'ganache', 'besu'],
  errors: [],
  example: { params: [], result: EXAMPLE_ADDRESS },
  handler: (_, { backend }) => backend.network.coinbase,
});
