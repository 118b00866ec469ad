import { formatReceipt } from '../../format/receipt.ts';
import { defineMethod, required } from '../../method.ts';
import { blockSelector, isPending } from '../../parameters/block-selector.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_CONTRACT,
  EXAMPLE_TOPIC,
  EXAMPLE_TRANSACTION,
} from '../examples.ts';

export const ethGetBlockReceipts = defineMethod({
  name: 'eth_getBlockReceipts',
  summary: 'All receipts of a block, in order.',
  params: [required('block', blockSelector, 'Number, tag, hash or EIP-1898 object.')],
  result:
    'List of receipts, null when there is no such block; null for `pending`, which has not been run.',
  peers: ['anvil', 'geth'],
  errors: [],
  example: {
    params: ['latest'],
    result: [
      {
        blockNumber: '0x2',
        from: EXAMPLE_ADDRESS,
        gasUsed: '0x5618',
        logs: [
          {
            address: EXAMPLE_CONTRACT,
            topics: [EXAMPLE_TOPIC],
            data: `0x${'00'.repeat(31)}01`,
            blockNumber: '0x2',
            transactionHash: EXAMPLE_TRANSACTION,
            logIndex: '0x0',
            '...': '...',
          },
        ],
        status: '0x1',
        to: EXAMPLE_CONTRACT,
        transactionHash: EXAMPLE_TRANSACTION,
        type: '0x2',
        '...': '...',
      },
    ],
  },
  handler: ([block], { backend }) => {
    if (isPending(block)) return null;
    return backend.reader.receipts(block)?.map(formatReceipt) ?? null;
  },
});
