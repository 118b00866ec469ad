/** What both methods of block details answer. */

export const BLOCK_DETAILS = {
  result:
    'Object with `block` (a header with `size` and `transactionCount`, `logsBloom` null), `issuance` (zero) and `totalFees` in wei; null when there is no such block.',
  errors: [],
  exampleResult: {
    block: { number: '0x1', transactionCount: 1, logsBloom: null },
    issuance: { blockReward: '0x0', uncleReward: '0x0', issuance: '0x0' },
    totalFees: '0x2632e314a000',
  },
} as const;
