/** When something became true of an account and stayed so, found in the states of few blocks. */
import type { AccountData, Address, BlockNumber, ChainReader } from '@praline/chain';
import { serverError } from './errors.ts';

/**
 * The first block after which `holds`; undefined when it does not after the head, or did from genesis on. About as many
 * states are read as the number of blocks has binary digits. Throws `RpcError` when it held already where this node's
 * states begin.
 */
export function firstBlockWhere(
  reader: Pick<ChainReader, 'account' | 'head' | 'available'>,
  address: Address,
  holds: (account: AccountData) => boolean,
): BlockNumber | undefined {
  const at = (number: number) => holds(reader.account(address, { number: number as BlockNumber }));
  let after = reader.head().number as number;
  if (!at(after)) return undefined;
  let before = reader.available().states as number;
  if (at(before)) {
    if (before === 0) return undefined;
    throw serverError(
      `it was so before block ${before}, from which on this node has states; ask a node that keeps all`,
    );
  }
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (at(middle)) after = middle;
    else before = middle;
  }
  return after as BlockNumber;
}
