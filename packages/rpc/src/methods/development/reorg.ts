/** Replaces the last blocks by others, as a network does whose nodes have disagreed for a while. */
import { randomBytes } from 'node:crypto';
import type { Hash } from '@praline/chain';
import { bytesOf, hashOf } from '@praline/chain/configuration';
import { z } from 'zod';
import { invalidParams, serverError } from '../../errors.ts';
import { quantity } from '../../format/quantity.ts';
import {
  defineMethod,
  type Method,
  type MethodContext,
  required,
  withDefault,
} from '../../method.ts';
import { callArguments, toCallRequest } from '../../parameters/call-request.ts';
import { wholeNumber } from '../../parameters/development.ts';
import { data } from '../../parameters/hex.ts';
import { developmentOf, NO_QUORUM, underNames } from './development-method.ts';
import { mineBlocks, miningOf } from './mining.ts';

const transactionInBlock = z.tuple([data.or(callArguments), wholeNumber], {
  error: 'a transaction and the number of its block, from 0 on, expected',
});
type TransactionInBlock = z.infer<typeof transactionInBlock>;

/** Of one request. */
const TRANSACTIONS_MAX = 1_000;

export const reorg: readonly Method[] = underNames(
  {
    anvil_reorg: ['anvil'],
    hardhat_reorg: [],
  },
  (name, peers) =>
    defineMethod({
      name,
      peers,
      summary:
        'Takes the last blocks off the chain and makes as many others, with other hashes. A series of agreed operations: readers see the lower chain for a moment, and if the network fails meanwhile it stays lower.',
      params: [
        required('depth', wholeNumber, 'How many blocks, at most 1,024.'),
        withDefault<readonly TransactionInBlock[]>(
          'transactions',
          z.array(transactionInBlock).max(TRANSACTIONS_MAX),
          [],
          'Pairs of a transaction, signed or as for `eth_sendTransaction`, and the new block it goes into, from 0 on. What waits in the pool goes into the first.',
        ),
      ],
      result: 'Null, true under `hardhat_`.',
      errors: [
        { code: -32602, when: 'the chain has fewer blocks, or a transaction is for none of them' },
        { code: -32000, when: 'a transaction is refused, or does not fit into its block' },
        NO_QUORUM,
      ],
      example: { params: [2, []], result: null },
      handler: async ([depth, pairs], context) => {
        const beyond = pairs.find(([, block]) => block >= depth);
        if (beyond !== undefined) {
          throw invalidParams(`invalid argument 1: there is no block ${beyond[1]} of ${depth}`);
        }
        if (depth > 0) await replace(depth, pairs, context);
        return name.startsWith('anvil_') ? null : true;
      },
    }),
);

async function replace(
  depth: number,
  pairs: readonly TransactionInBlock[],
  context: MethodContext,
): Promise<void> {
  const development = developmentOf(context.backend);
  const before = miningOf(context);
  // A transaction must wait for its block, whoever else sends one.
  const waits = pairs.length > 0;
  await development.apply({ kind: 'rollback', depth });
  if (waits) await development.apply({ kind: 'set-mining', automine: false, intervalMs: 0 });
  try {
    // The same block again, made in the same second, would have the same hash.
    const value = hashOf(randomBytes(32));
    await development.apply({ kind: 'set-next-prevrandao', value });
    const last = Math.max(-1, ...pairs.map(([, block]) => block));
    for (let block = 0; block <= last; block += 1) {
      const own = pairs.filter(([, wanted]) => wanted === block);
      await mineWith(own, context);
    }
    await mineBlocks(depth - last - 1, 0, context);
  } finally {
    if (waits) await development.apply({ kind: 'set-mining', ...before });
  }
}

/** Makes the next block with these. */
async function mineWith(
  pairs: readonly TransactionInBlock[],
  context: MethodContext,
): Promise<void> {
  const { transactions, reader } = context.backend;
  const hashes: Hash[] = [];
  for (const [transaction] of pairs) {
    const sent =
      typeof transaction === 'string'
        ? transactions.sendRaw(bytesOf(transaction))
        : transactions.send(toCallRequest(transaction, reader.chainId));
    hashes.push(await sent);
  }
  await transactions.mine();
  const missing = hashes.find((hash) => reader.transaction(hash) === undefined);
  if (missing === undefined) return;
  throw serverError(
    `transaction ${missing} did not get into block ${quantity(reader.head().number)}`,
  );
}
