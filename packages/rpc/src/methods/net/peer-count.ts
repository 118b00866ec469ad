import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';

export const netPeerCount = defineMethod({
  name: 'net_peerCount',
  summary: 'Number of nodes connected to this one.',
  params: [],
  result: 'A quantity.',
  peers: ['hardhat 2', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: '0x0' },
  handler: (_, { backend }) => quantity(backend.network.peerCount()),
});
