import { findTransactionAt } from '../../blocks.ts';
import { defineMethod } from '../../method.ts';
import { blockNumberParameter, indexParameter } from '../../parameters/common.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_CONTRACT, EXAMPLE_TRANSACTION } from '../examples.ts';

export const ethGetTransactionByBlockNumberAndIndex = defineMethod({
  name: 'eth_getTransactionByBlockNumberAndIndex',
  summary: 'A transaction by its place in a block.',
  params: [blockNumberParameter, indexParameter],
  result: 'The transaction, null when there is none.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: {
    params: ['0x2', '0x0'],
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
  handler: ([block, index], { backend }) => findTransactionAt(backend, block, index),
});
