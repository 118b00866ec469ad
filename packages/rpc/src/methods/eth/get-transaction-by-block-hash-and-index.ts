import { findTransactionAt } from '../../blocks.ts';
import { defineMethod } from '../../method.ts';
import { blockHashParameter, indexParameter } from '../../parameters/common.ts';
import { EXAMPLE_HASH } from '../examples.ts';

export const ethGetTransactionByBlockHashAndIndex = defineMethod({
  name: 'eth_getTransactionByBlockHashAndIndex',
  summary: 'A transaction by its place in a block.',
  params: [blockHashParameter, indexParameter],
  result: 'The transaction, null when there is none.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [EXAMPLE_HASH, '0x9'], result: null },
  handler: ([hash, index], { backend }) => findTransactionAt(backend, { hash }, index),
});
