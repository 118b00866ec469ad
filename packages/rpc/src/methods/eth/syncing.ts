import { quantity } from '../../format/quantity.ts';
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
    return {
      startingBlock: quantity(progress.startingBlock),
      currentBlock: quantity(progress.currentBlock),
      highestBlock: quantity(progress.highestBlock),
    };
  },
});
