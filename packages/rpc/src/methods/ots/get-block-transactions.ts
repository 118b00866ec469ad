import { formatBlockPage } from '../../format/otterscan.ts';
import { defineMethod, required } from '../../method.ts';
import { blockNumber } from '../../parameters/plain-number.ts';
import { EXAMPLE_ADDRESS, EXAMPLE_CONTRACT, EXAMPLE_CREATION } from '../examples.ts';
import { pageNumberParameter, pageSizeParameter } from './pages.ts';

export const otsGetBlockTransactions = defineMethod({
  name: 'ots_getBlockTransactions',
  peers: ['anvil'],
  summary: 'A page of the transactions of a block. Page 0 is the one at its end.',
  params: [
    required('block', blockNumber, 'Number, as JSON number or quantity, or tag.'),
    pageNumberParameter,
    pageSizeParameter,
  ],
  result:
    'Object with `fullblock` (as in ots_getBlockDetails, with `transactions` whose `input` is cut to the selector) and `receipts` without logs; null when there is no such block.',
  errors: [],
  example: {
    params: [1, 0, 25],
    result: {
      fullblock: {
        number: '0x1',
        transactionCount: 1,
        transactions: [
          { hash: EXAMPLE_CREATION, from: EXAMPLE_ADDRESS, input: '0x60385f55', '...': '...' },
        ],
        '...': '...',
      },
      receipts: [
        {
          transactionHash: EXAMPLE_CREATION,
          contractAddress: EXAMPLE_CONTRACT,
          status: '0x1',
          logs: null,
          logsBloom: null,
          '...': '...',
        },
      ],
    },
  },
  handler: ([selector, number, size], { backend: { reader } }) => {
    const block = reader.block(selector);
    if (block === undefined) return null;
    const receipts = reader.receipts({ hash: block.header.hash }) ?? [];
    return formatBlockPage(block, receipts, { number, size });
  },
});
