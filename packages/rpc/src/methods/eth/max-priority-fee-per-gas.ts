import { suggestedTip } from '../../fee-suggestion.ts';
import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';

export const ethMaxPriorityFeePerGas = defineMethod({
  name: 'eth_maxPriorityFeePerGas',
  summary: 'Tip to offer now: what others paid lately, 1 gwei if nobody did.',
  params: [],
  result: 'Wei per gas.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth'],
  errors: [],
  example: { params: [], result: '0x3b9aca00' },
  handler: (_, { backend }) => quantity(suggestedTip(backend.reader)),
});
