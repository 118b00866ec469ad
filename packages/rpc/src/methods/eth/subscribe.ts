import { z } from 'zod';
import { invalidParams, RPC_ERROR_CODES, RpcError } from '../../errors.ts';
import { defineMethod, optional, required } from '../../method.ts';
import { logFilter } from '../../parameters/log-filter.ts';
import type { Subscription } from '../../subscriptions/subscription-feed.ts';
import { EXAMPLE_SUBSCRIPTION, RANDOM_ID } from '../examples.ts';

export const ethSubscribe = defineMethod({
  name: 'eth_subscribe',
  summary:
    'Sends `newHeads`, `logs`, `newPendingTransactions` or `syncing` as they come. WebSocket and IPC only.',
  params: [
    required('kind', z.string({ error: 'non-string' }), 'What to watch.'),
    optional(
      'options',
      z.unknown(),
      'For `logs`, `address` and `topics` as in eth_getLogs; for `newPendingTransactions`, true for whole transactions.',
    ),
  ],
  result: 'Id of the subscription, which its notifications carry.',
  peers: ['anvil', 'hardhat', 'ganache', 'geth', 'besu'],
  errors: [
    { code: -32601, when: 'there is no such subscription, or the client speaks HTTP' },
    { code: -32005, when: 'the connection has too many subscriptions' },
  ],
  example: { params: ['newHeads'], result: EXAMPLE_SUBSCRIPTION, varies: RANDOM_ID },
  handler: ([kind, options], { connection, afterResponse }) => {
    const { subscriptions } = connection;
    if (subscriptions === undefined) {
      throw new RpcError(
        RPC_ERROR_CODES.methodNotFound,
        'notifications not supported over HTTP, connect by WebSocket or IPC to subscribe',
      );
    }
    const id = subscriptions.add(toSubscription(kind, options));
    afterResponse(() => subscriptions.release(id));
    return id;
  },
});

function toSubscription(kind: string, options: unknown): Subscription {
  switch (kind) {
    case 'newHeads':
    case 'syncing':
      return { kind };
    case 'logs':
      return { kind, criteria: parseOptions(logFilter, options ?? {}) };
    case 'newPendingTransactions': {
      const full = parseOptions(z.boolean({ error: 'non-boolean' }), options ?? false);
      return { kind, detail: full ? 'objects' : 'hashes' };
    }
    default:
      throw new RpcError(
        RPC_ERROR_CODES.methodNotFound,
        `no "${kind.slice(0, KIND_SHOWN_MAX)}" subscription in eth namespace`,
      );
  }
}

/** Characters of an unknown kind in the answer. */
const KIND_SHOWN_MAX = 100;

function parseOptions<Value>(schema: z.ZodType<Value>, options: unknown): Value {
  const result = schema.safeParse(options);
  if (result.success) return result.data;
  throw invalidParams(`invalid argument 1: ${result.error.issues[0]?.message}`);
}
