/** The `mokka_*` methods that change the network, for its operators. */
import { defineMethod, type JsonValue, type Method, optional } from '@praline/rpc';
import type { NodeId } from 'mokka';
import { z } from 'zod';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { MainForRpc } from '../threads/thread-contracts.ts';

const publicKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a public key: 64 lower-case hexadecimal digits')
  .transform((text) => text as NodeId);

export function adminMethods({
  main,
  isEnabled,
}: {
  readonly main: RemoteThread<MainForRpc>;
  readonly isEnabled: boolean;
}): Method[] {
  const requireEnabled = (): void => {
    if (!isEnabled) {
      throw Object.assign(
        new Error('this node does not take orders over RPC; start it with --admin to allow them'),
        { code: 'admin-only' },
      );
    }
  };
  return [
    defineMethod({
      name: 'mokka_transferLeadership',
      namespace: 'admin',
      peers: [],
      summary: 'Has the leader hand its term over, without a gap in service.',
      params: [
        optional('to', publicKey, 'Public key of the validator to lead next; any without it.'),
      ],
      result: 'Who leads now, and in which term.',
      errors: [
        { code: -32000, when: 'the node was not started with --admin' },
        { code: -32002, when: 'nobody could take over in time' },
      ],
      example: { params: [], result: { leader: '3b7894a8...4a8285', term: 4 } },
      handler: async ([to]) => {
        requireEnabled();
        return (await main.transferLeadership(to ?? null)) as unknown as JsonValue;
      },
    }),
  ];
}
