import { findTransactionAt } from '../../blocks.ts';
import { defineMethod } from '../../method.ts';
import { blockHashParameter, indexParameter } from '../../parameters/common.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_BLOCK,
  EXAMPLE_CONTRACT,
  EXAMPLE_TRANSACTION,
} from '../examples.ts';

export const ethGetTransactionByBlockHashAndIndex = defineMethod({
  name: 'eth_getTransactionByBlockHashAndIndex',
  summary: 'A transaction by its place in a block.',
  params: [blockHashParameter, indexParameter],
  result: 'The transaction, null when there is none.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: {
    params: [EXAMPLE_BLOCK, '0x0'],
    result: {
      blockNumber: '0x2',
      from: EXAMPLE_ADDRESS,
      hash: EXAMPLE_TRANSACTION,
      nonce: '0x1',
      to: EXAMPLE_CONTRACT,
      value: '0x0',
      type: '0x2',
      '...': '...',
    },
  },
  handler: ([hash, index], { backend }) => findTransactionAt(backend, { hash }, index),
});
