import { suggestedGasPrice } from '../../fee-suggestion.ts';
import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';

export const ethGasPrice = defineMethod({
  name: 'eth_gasPrice',
  summary: 'Gas price to offer now: base fee of the next block and the tip others paid lately.',
  params: [],
  result: 'Wei per gas.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [], result: '0x69470144' },
  handler: (_, { backend }) => quantity(suggestedGasPrice(backend.reader)),
});
