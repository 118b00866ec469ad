import { defineMethod } from '../../method.ts';

export const netVersion = defineMethod({
  name: 'net_version',
  summary: 'Network id, in decimal.',
  params: [],
  result: 'Decimal text.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: '31337' },
  handler: (_, { backend }) => backend.network.networkId.toString(),
});
