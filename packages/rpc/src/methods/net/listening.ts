import { defineMethod } from '../../method.ts';

export const netListening = defineMethod({
  name: 'net_listening',
  summary: 'Whether the node listens for other nodes.',
  params: [],
  result: 'True or false.',
  peers: ['anvil', 'hardhat 2', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: true },
  handler: (_, { backend }) => backend.network.isListening(),
});
