import { defineMethod } from '../../method.ts';

export const web3ClientVersion = defineMethod({
  name: 'web3_clientVersion',
  summary: 'Name and version of the node.',
  params: [],
  result: 'Text that development tools recognise the node by.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: 'anvil/praline/...' },
  handler: (_, { backend }) => backend.network.clientVersion,
});
