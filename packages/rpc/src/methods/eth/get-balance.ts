import { quantity } from '../../format/quantity.ts';
import { defineMethod } from '../../method.ts';
import { accountParameter, stateBlockParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS, UNKNOWN_BLOCK } from '../examples.ts';

export const ethGetBalance = defineMethod({
  name: 'eth_getBalance',
  summary: 'Balance of an account after a block.',
  params: [accountParameter, stateBlockParameter],
  result: 'Wei.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [UNKNOWN_BLOCK],
  example: { params: [EXAMPLE_ADDRESS, 'latest'], result: '0x21e19e01191a13a3460' },
  handler: ([address, block], { backend }) =>
    quantity(backend.reader.account(address, block).balance),
});
