import type { BlockNumber } from '@praline/chain';
import { formatSearch } from '../../format/otterscan.ts';
import { defineMethod, required } from '../../method.ts';
import { accountParameter } from '../../parameters/common.ts';
import { wholeNumber } from '../../parameters/plain-number.ts';
import { EXAMPLE_ADDRESS } from '../examples.ts';
import { pageSizeParameter, SEARCH, SEARCH_EXAMPLE } from './pages.ts';

export const otsSearchTransactionsAfter = defineMethod({
  name: 'ots_searchTransactionsAfter',
  peers: ['anvil'],
  summary: 'As ots_searchTransactionsBefore, after a block.',
  params: [
    accountParameter,
    required('block', wholeNumber, 'Number of the block, itself not searched; 0 for the oldest.'),
    pageSizeParameter,
  ],
  ...SEARCH,
  example: {
    params: [EXAMPLE_ADDRESS, 0, 25],
    result: SEARCH_EXAMPLE,
  },
  handler: ([address, after, pageSize], { backend: { reader } }) => {
    const { transactions, hasMore } = reader.transactionsOf({
      ...{ address, pageSize },
      from: (after === 0 ? 0 : after + 1) as BlockNumber,
      direction: 'newer',
    });
    const pages = { firstPage: !hasMore, lastPage: after === 0 };
    return formatSearch(transactions.toReversed(), pages);
  },
});
