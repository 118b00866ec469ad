import type { BlockNumber } from '@praline/chain';
import { formatSearch } from '../../format/otterscan.ts';
import { defineMethod, required } from '../../method.ts';
import { accountParameter } from '../../parameters/common.ts';
import { wholeNumber } from '../../parameters/plain-number.ts';
import { EXAMPLE_ADDRESS } from '../examples.ts';
import { pageSizeParameter, SEARCH, SEARCH_EXAMPLE } from './pages.ts';

export const otsSearchTransactionsBefore = defineMethod({
  name: 'ots_searchTransactionsBefore',
  peers: ['anvil'],
  summary:
    'Transactions that an address sent, received, was made by or logged in, before a block. Where it was only called by other contracts, and left no log, is not found.',
  params: [
    accountParameter,
    required('block', wholeNumber, 'Number of the block, itself not searched; 0 for the newest.'),
    pageSizeParameter,
  ],
  ...SEARCH,
  example: {
    params: [EXAMPLE_ADDRESS, 0, 25],
    result: SEARCH_EXAMPLE,
  },
  handler: ([address, before, pageSize], { backend: { reader } }) => {
    const isNewest = before === 0;
    const from = (isNewest ? reader.head().number : before - 1) as BlockNumber;
    const { transactions, hasMore } = reader.transactionsOf({
      ...{ address, from, pageSize },
      direction: 'older',
    });
    return formatSearch(transactions, { firstPage: isNewest, lastPage: !hasMore });
  },
});
