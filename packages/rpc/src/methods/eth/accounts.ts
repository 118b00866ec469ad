import { defineMethod } from '../../method.ts';
import { EXAMPLE_ADDRESS } from '../examples.ts';

export const ethAccounts = defineMethod({
  name: 'eth_accounts',
  summary: 'Development accounts the node signs for; empty outside development mode.',
  params: [],
  result: 'List of addresses.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: [EXAMPLE_ADDRESS, '...'] },
  handler: (_, { backend }) => backend.accounts.addresses,
});
