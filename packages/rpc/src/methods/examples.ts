/** Values that examples of methods share. */

export const EXAMPLE_ADDRESS = '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266';
export const EXAMPLE_CONTRACT = '0x5fbdb2315678afecb367f032d93f642f64180aa3';
export const EXAMPLE_HASH = '0x88df016429689c079f3b2f6ad39fa052532c56795b733da78a91ebe6a713944b';
export const EXAMPLE_TOPIC = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';
export const EXAMPLE_SIGNATURE = `0x${'5a'.repeat(64)}1b`;

/** The error of methods that read state at a block. */
export const UNKNOWN_BLOCK = { code: -32000, when: 'there is no such block' } as const;
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
