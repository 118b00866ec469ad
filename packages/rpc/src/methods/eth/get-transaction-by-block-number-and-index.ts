import { findTransactionAt } from '../../blocks.ts';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter, indexParameter } from '../../parameters/common.ts';

export const ethGetTransactionByBlockNumberAndIndex = defineMethod({
  name: 'eth_getTransactionByBlockNumberAndIndex',
  summary: 'A transaction by its place in a block.',
  params: [blockNumberParameter, indexParameter],
  result: 'The transaction, null when there is none.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: ['0x1', '0x9'], result: null },
  handler: ([block, index], { backend }) => findTransactionAt(backend, block, index),
});
