import { formatLocatedTransaction, formatPooledTransaction } from '../../format/transaction.ts';
import { defineMethod } from '../../method.ts';
import { transactionHashParameter } from '../../parameters/common.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_BLOCK,
  EXAMPLE_CONTRACT,
  EXAMPLE_TRANSACTION,
} from '../examples.ts';

export const ethGetTransactionByHash = defineMethod({
  name: 'eth_getTransactionByHash',
  summary: 'A transaction of the chain, or of the pool of this node.',
  params: [transactionHashParameter],
  result: 'The transaction, null when there is none; null block fields while it is in the pool.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [],
  example: {
    params: [EXAMPLE_TRANSACTION],
    result: {
      blockHash: EXAMPLE_BLOCK,
      blockNumber: '0x2',
      blockTimestamp: '0x2',
      from: EXAMPLE_ADDRESS,
      gas: '0xc350',
      gasPrice: '0x69470144',
      maxFeePerGas: '0x2540be400',
      maxPriorityFeePerGas: '0x3b9aca00',
      hash: EXAMPLE_TRANSACTION,
      input: '0x',
      nonce: '0x1',
      to: EXAMPLE_CONTRACT,
      transactionIndex: '0x0',
      value: '0x0',
      type: '0x2',
      accessList: [],
      chainId: '0x7a69',
      v: '0x0',
      r: '0x5b1b4fa6a7ae0c37ea2338d12ff615ad8c7875a6bee22303c3769a2f2fdad6e0',
      s: '0x6971b5fa44be371e6217d3e8c0b3cbe4e13e40c62f10eb17865cfd249f1544c3',
      yParity: '0x0',
    },
  },
  handler: async ([hash], { backend }) => {
    const located = backend.reader.transaction(hash);
    if (located !== undefined) return formatLocatedTransaction(located);
    const pooled = await backend.transactions.pooled(hash);
    if (pooled !== undefined) return formatPooledTransaction(pooled);
    // It may have gone from the pool into a block between the two looks.
    const committed = backend.reader.transaction(hash);
    return committed === undefined ? null : formatLocatedTransaction(committed);
  },
});
