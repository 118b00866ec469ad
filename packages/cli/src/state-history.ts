import { InvalidArgumentError } from 'commander';

/** A number of blocks, or everything. */
export type StateHistory = number | 'archive';

export const STATE_HISTORY_HELP =
  'last blocks whose balances, storage and proofs can be asked for, such as 10000; "archive" keeps all (default)';

/** Parser of `--state-history`: `archive`, or a number of blocks. */
export function parseStateHistory(text: string): StateHistory {
  if (text === 'archive') {
    return 'archive';
  }
  const blocks = Number(text);
  if (!/^\d+$/.test(text) || blocks < 1 || !Number.isSafeInteger(blocks)) {
    throw new InvalidArgumentError('Write "archive" or a whole number of blocks, 1 or more.');
  }
  return blocks;
}
