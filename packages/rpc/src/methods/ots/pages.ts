/** Paging of Otterscan's methods. */
import { required } from '../../method.ts';
import { wholeNumber } from '../../parameters/plain-number.ts';
import {
  EXAMPLE_ADDRESS,
  EXAMPLE_CONTRACT,
  EXAMPLE_CREATION,
  EXAMPLE_TRANSACTION,
} from '../examples.ts';

/** Transactions of one page: what a server shows of one search at most, but for a block that has more. */
const PAGE_SIZE_MAX = 1_000;

export const pageNumberParameter = required('page', wholeNumber, 'Number of the page, from 0.');

export const pageSizeParameter = required(
  'pageSize',
  wholeNumber.refine((size) => size >= 1 && size <= PAGE_SIZE_MAX, {
    error: `a page has 1 to ${PAGE_SIZE_MAX} transactions`,
  }),
  `Transactions of a page, at most ${PAGE_SIZE_MAX}.`,
);

export const SEARCH = {
  result:
    'Object with `txs` and `receipts` (each with the `timestamp` of its block), the newest first, `firstPage` (nothing is newer) and `lastPage` (nothing is older). Transactions of a block are never split between pages, so there can be more than asked for.',
  errors: [
    {
      code: -32005,
      when: 'the address is looked for in too many blocks of before addresses were indexed',
    },
  ],
} as const;

/** Of all that `EXAMPLE_ADDRESS` has sent. */
export const SEARCH_EXAMPLE = {
  txs: [
    { hash: EXAMPLE_TRANSACTION, from: EXAMPLE_ADDRESS, to: EXAMPLE_CONTRACT, '...': '...' },
    { hash: EXAMPLE_CREATION, from: EXAMPLE_ADDRESS, to: null, '...': '...' },
  ],
  receipts: [
    { transactionHash: EXAMPLE_TRANSACTION, status: '0x1', timestamp: 2, '...': '...' },
    { transactionHash: EXAMPLE_CREATION, status: '0x1', timestamp: 1, '...': '...' },
  ],
  firstPage: true,
  lastPage: true,
} as const;
