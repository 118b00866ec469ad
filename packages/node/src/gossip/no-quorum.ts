import { ChainError } from '@praline/chain/configuration';
import type { QuorumView } from './peer-network.ts';

/** The answer to a client's write while the network can not agree. */
export function noQuorumError({ connected, needed, validators }: QuorumView): ChainError {
  const missing = needed - connected;
  return new ChainError(
    'no-quorum',
    missing > 0
      ? `no quorum: ${connected} of ${validators} validators are connected, ${needed} are needed. Start ${missing} more; reads go on meanwhile`
      : `no quorum: ${connected} of ${validators} validators are connected, but none of them leads at present. Try again`,
  );
}

/** The answer when the network works, but did not do in time what was asked. */
export function unansweredError(milliseconds: number): ChainError {
  return new ChainError(
    'no-quorum',
    `the network did not do it within ${milliseconds / 1000} s, but still may. Look before trying again`,
  );
}
