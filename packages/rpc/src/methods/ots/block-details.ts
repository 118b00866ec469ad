/** What both methods of block details answer. */
import { EXAMPLE_BLOCK } from '../examples.ts';

export const BLOCK_DETAILS = {
  result:
    'Object with `block` (a header with `size` and `transactionCount`, `logsBloom` null), `issuance` (zero) and `totalFees` in wei; null when there is no such block.',
  errors: [],
  exampleResult: {
    block: {
      hash: EXAMPLE_BLOCK,
      number: '0x2',
      size: '0x2d9',
      transactionCount: 1,
      logsBloom: null,
      '...': '...',
    },
    issuance: { blockReward: '0x0', uncleReward: '0x0', issuance: '0x0' },
    totalFees: '0x2367b914f660',
  },
} as const;
