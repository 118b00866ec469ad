import { formatSyncing } from '../../format/syncing.ts';
import { defineMethod } from '../../method.ts';

export const ethSyncing = defineMethod({
  name: 'eth_syncing',
  summary: 'Whether this node is behind the leader, and how far.',
  params: [],
  result: 'False, or `startingBlock`, `currentBlock` and `highestBlock`.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: false },
  handler: (_, { backend }) => {
    const progress = backend.network.syncing();
    if (progress === false) return false;
    return formatSyncing(progress);
  },
});
