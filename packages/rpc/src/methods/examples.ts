/** Values that examples of methods share. Those of the chain are of the one that `testing/example-chain.test.support.ts` makes. */
import type { Address } from '@praline/chain';

export const EXAMPLE_ADDRESS = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266' as Address;
export const EXAMPLE_CONTRACT = '0x5fbdb2315678afecb367f032d93f642f64180aa3' as Address;
export const EXAMPLE_OTHER = '0x70997970c51812dc3a010c7d01b50e0d17dc79c8';
/** The head, block 2, and its only transaction. */
export const EXAMPLE_BLOCK = '0xa7b6c743bcaa3968fedeac205d671bce6d17c2197f5acee20fbbdcc470b6cb20';
export const EXAMPLE_TRANSACTION =
  '0x51fd77ac89f7f1239e2f4cd5307bbceb0fb5ecddc5f3b7c753d32a7e205ab44e';
/** The one in block 1, which made `EXAMPLE_CONTRACT`. */
export const EXAMPLE_CREATION =
  '0xd0be72e895caec9f4ad9964d8cd91c69769c21eeb465e474da7de4c0c2df16c8';
/** In the pool, of `EXAMPLE_OTHER`. */
export const EXAMPLE_WAITING = '0x47ac94a951847433120acdb07a9374a0415ed226787028da209d7b52748abd3f';
/** Signed by `EXAMPLE_ADDRESS`, not sent yet: 1 wei for `EXAMPLE_OTHER`. */
export const EXAMPLE_RAW =
  '0x02f86c827a6902843b9aca0084773594008252089470997970c51812dc3a010c7d01b50e0d17dc79c80180c080a0e0fe7e59641c682c6a89e15cc8e02c9bbdcea112b18bb3081c673ff858e8b4d6a06560ab6b5e5c4705d3d842891867f8cd7513e71a6050170a7d13c55a6161f803';
export const EXAMPLE_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
/** A filter of all logs, a subscription, a snapshot, that are there already; the test knows their real ids. */
export const EXAMPLE_LOG_FILTER = '0x8f2bd5c1a4be4d0f9b7d1fb40a4dd1a7';
export const EXAMPLE_SUBSCRIPTION = '0x9cef478923ff08bf67fde6c64013158d';
export const EXAMPLE_SNAPSHOT = '0x1a';

/** Why another answer comes at another time. */
export const RANDOM_ID = 'ids are random';

/** The error of methods that read state at a block. */
export const UNKNOWN_BLOCK = {
  code: -32000,
  when: 'there is no such block, or its state was removed',
} as const;
/** A node that was away for long may have taken a snapshot in place of the blocks. */
export const HISTORY_NOT_HERE = {
  code: -32002,
  when: 'this node does not have all blocks of the range',
} as const;
export const REVERTED = { code: 3, when: 'the call reverts; `data` is its output' } as const;

/** Errors of methods that put a transaction into the pool; messages are geth's. */
export const POOL_ERRORS = [
  {
    code: -32000,
    when: 'the transaction is malformed, or the pool refuses it; the message says why',
  },
  { code: -32002, when: 'the network can not agree at present, for lack of a quorum' },
] as const;

export const UNKNOWN_ACCOUNT = {
  code: -32000,
  when: 'the node does not hold the key of the account',
} as const;

export const TRACE_ERRORS = [
  {
    code: -32000,
    when: 'there is no such transaction or block, the state it began with was removed, or it takes too long',
  },
  { code: -32005, when: 'the trace is too large' },
] as const;
