import {
  type CallExecutor,
  ChainError,
  type ChainReader,
  type Hash,
  hashOf,
  keccak256,
} from '@praline/chain';
import { describe, expect, it } from 'vitest';
import type { RequestId } from '../gossip/peer-message.ts';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { ChainForRpc, MainForRpc } from '../threads/thread-contracts.ts';
import { InclusionWaits } from './inclusion-waits.ts';
import { NodeTransactions } from './node-transactions.ts';

const RAW = Uint8Array.of(1, 2, 3);
const HASH = hashOf(keccak256(RAW));

/** A node whose pool refuses everything, since the nonce is used, and whose chain holds `mined`. */
function transactions(mined: readonly Hash[]): NodeTransactions {
  const chain: Partial<ChainForRpc> = {
    submit: async () => {
      throw new ChainError('nonce-too-low', 'nonce too low');
    },
  };
  const main: Partial<MainForRpc> = {
    sign: async () => ({ raw: RAW, requestId: 'ab'.repeat(16) as RequestId }),
  };
  const reader: Partial<ChainReader> = {
    nextBlock: () => ({}) as ReturnType<ChainReader['nextBlock']>,
    transaction: (hash) =>
      mined.includes(hash) ? ({} as ReturnType<ChainReader['transaction']>) : undefined,
  };
  return new NodeTransactions(
    { waitsForInclusion: () => true },
    {
      chain: chain as RemoteThread<ChainForRpc>,
      main: main as RemoteThread<MainForRpc>,
      reader: reader as ChainReader,
      executor: {} as CallExecutor,
      waits: new InclusionWaits({ isIncluded: (hash) => mined.includes(hash), now: () => 0 }),
      readable: async () => {},
    },
  );
}

describe('a transaction that the leader signed for a client of this node', () => {
  it('is answered with its hash when it is mined before this node could pool it', async () => {
    expect(await transactions([HASH]).send({ gas: 21_000n })).toBe(HASH);
  });

  it('is refused as the pool says when another took its nonce', async () => {
    await expect(transactions([]).send({ gas: 21_000n })).rejects.toMatchObject({
      code: 'nonce-too-low',
    });
  });
});
