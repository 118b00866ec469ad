import { formatReceipt } from '../../format/receipt.ts';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_HASH } from '../examples.ts';

export const ethGetTransactionReceipt = defineMethod({
  name: 'eth_getTransactionReceipt',
  summary: 'What a committed transaction did. A receipt shown once is never taken back.',
  params: [transactionHashParameter],
  result: 'The receipt, null while the transaction is in no block.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: { params: [EXAMPLE_HASH], result: null },
  handler: ([hash], { backend }) => {
    const receipt = backend.reader.receipt(hash);
    return receipt === undefined ? null : formatReceipt(receipt);
  },
});
