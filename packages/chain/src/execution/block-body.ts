/** What can be checked of a block's bytes without its parent and without executing it. */
import {
  decodeBlock,
  ommersHashOf,
  orderedRoot,
  type RawBlock,
  withdrawalsRootOf,
} from '../block/block-codec.ts';
import { InvalidBlockError } from '../block/invalid-block-error.ts';
import type { BlockOrigin } from './header-rules.ts';

/** Throws `InvalidBlockError` `malformed`. */
export function parseBlock(raw: Uint8Array): RawBlock {
  try {
    return decodeBlock(raw);
  } catch (error) {
    throw new InvalidBlockError('malformed', error instanceof Error ? error.message : 'no RLP');
  }
}

/** Whether the body is the one that the header names. Throws `InvalidBlockError`. */
export function checkBody(block: RawBlock, origin: BlockOrigin): void {
  const { header, withdrawals } = block;
  if (ommersHashOf(block.ommers) !== header.ommersHash) {
    throw new InvalidBlockError('ommers', 'the hash does not match the ommers');
  }
  if (orderedRoot(block.transactions) !== header.transactionsRoot) {
    throw new InvalidBlockError('transactions-root', 'does not match the transactions');
  }
  const root = withdrawals === undefined ? undefined : withdrawalsRootOf(withdrawals);
  if (root !== header.withdrawalsRoot) {
    throw new InvalidBlockError('withdrawals', 'the root does not match the withdrawals');
  }
  if (origin === 'network' && withdrawals !== undefined && withdrawals.length > 0) {
    throw new InvalidBlockError('withdrawals', 'there is nothing to withdraw from here');
  }
}
