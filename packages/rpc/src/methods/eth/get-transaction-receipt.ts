import { formatReceipt } from '../../format/receipt.ts';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_BLOCK,
  EXAMPLE_CONTRACT,
  EXAMPLE_TOPIC,
  EXAMPLE_TRANSACTION,
} from '../examples.ts';

export const ethGetTransactionReceipt = defineMethod({
  name: 'eth_getTransactionReceipt',
  summary: 'What a committed transaction did. A receipt shown once is never taken back.',
  params: [transactionHashParameter],
  result: 'The receipt, null while the transaction is in no block.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: {
    params: [EXAMPLE_TRANSACTION],
    result: {
      blockHash: EXAMPLE_BLOCK,
      blockNumber: '0x2',
      contractAddress: null,
      cumulativeGasUsed: '0x5618',
      effectiveGasPrice: '0x69470144',
      from: EXAMPLE_ADDRESS,
      gasUsed: '0x5618',
      logs: [
        {
          address: EXAMPLE_CONTRACT,
          topics: [EXAMPLE_TOPIC],
          data: `0x${'00'.repeat(31)}01`,
          blockNumber: '0x2',
          transactionHash: EXAMPLE_TRANSACTION,
          transactionIndex: '0x0',
          blockHash: EXAMPLE_BLOCK,
          blockTimestamp: '0x2',
          logIndex: '0x0',
          removed: false,
        },
      ],
      logsBloom: '0x000000000000000000000000...00000000',
      status: '0x1',
      to: EXAMPLE_CONTRACT,
      transactionHash: EXAMPLE_TRANSACTION,
      transactionIndex: '0x0',
      type: '0x2',
    },
  },
  handler: ([hash], { backend }) => {
    const receipt = backend.reader.receipt(hash);
    return receipt === undefined ? null : formatReceipt(receipt);
  },
});
