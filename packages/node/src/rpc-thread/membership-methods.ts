/** The `mokka_*` methods about members and the log: who belongs to the network, changing that, and what proves it all. */
import {
  defineMethod,
  type JsonValue,
  type Method,
  RPC_ERROR_CODES,
  RpcError,
  type RpcErrorCode,
  required,
  withDefault,
} from '@praline/rpc';
import { type MembershipChange, type NodeId, parsePeerAddress } from 'mokka';
import { z } from 'zod';
import type { RemoteThread } from '../threads/thread-channel.ts';
import type { MainForRpc } from '../threads/thread-contracts.ts';
import { errorCode } from '../threads/thread-error.ts';

/** Entries in one answer of `mokka_getLog` at most. */
const MAX_LOG_ENTRIES = 256;

const publicKey = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'must be a public key: 64 lower-case hexadecimal digits')
  .transform((text) => text as NodeId);

const changeSchema = z.discriminatedUnion(
  'action',
  [
    z.strictObject({ action: z.literal('add'), publicKey, address: z.string().max(300) }),
    z.strictObject({ action: z.literal('promote'), publicKey }),
    z.strictObject({ action: z.literal('demote'), publicKey }),
    z.strictObject({ action: z.literal('replace'), publicKey, by: publicKey }),
    z.strictObject({ action: z.literal('remove'), publicKey }),
  ],
  { error: 'must have an action: add, promote, demote, replace or remove' },
);

const change = changeSchema.transform((parsed, context): MembershipChange => {
  switch (parsed.action) {
    case 'add':
      try {
        const member = parsePeerAddress(`tcp://${parsed.address}/${parsed.publicKey}`);
        return { type: 'add', member: { id: member.id, host: member.host, port: member.port } };
      } catch (error) {
        context.addIssue(error instanceof Error ? error.message : 'invalid address');
        return z.NEVER;
      }
    case 'replace':
      return { type: 'replace', id: parsed.publicKey, by: parsed.by };
    default:
      return { type: parsed.action, id: parsed.publicKey };
  }
});

/** By the code of Mokka's `MembershipError`: the JSON-RPC code, and what an operator can do. */
const REFUSALS: Readonly<Record<string, { readonly code: RpcErrorCode; readonly advice: string }>> =
  {
    'invalid-change': {
      code: RPC_ERROR_CODES.invalidParams,
      advice:
        'look at mokka_getMembers: only a stranger can be added, only an observer promoted, only a validator demoted or replaced, and one validator must remain',
    },
    'change-under-way': {
      code: RPC_ERROR_CODES.server,
      advice: 'wait until it is committed, then ask again',
    },
    superseded: {
      code: RPC_ERROR_CODES.server,
      advice: 'look at mokka_getMembers and ask again if it is still wanted',
    },
    'not-ready': {
      code: RPC_ERROR_CODES.resourceUnavailable,
      advice: 'start the node, wait until it has every block, then ask again',
    },
    'not-approved': {
      code: RPC_ERROR_CODES.resourceUnavailable,
      advice: 'propose it on the other validators within the same minutes',
    },
    'timed-out': {
      code: RPC_ERROR_CODES.resourceUnavailable,
      advice: 'look at mokka_status for what the network waits for, and at mokka_getMembers',
    },
    stopped: { code: RPC_ERROR_CODES.resourceUnavailable, advice: 'ask another node' },
  };

export function membershipMethods({
  main,
  isEnabled,
}: {
  readonly main: RemoteThread<MainForRpc>;
  /** Whether this node takes orders over RPC. */
  readonly isEnabled: boolean;
}): Method[] {
  return [
    defineMethod({
      name: 'mokka_getMembers',
      peers: [],
      summary: 'Who belongs to the network now, and since which entry of the log.',
      params: [],
      result: 'Epoch, the entry that began it, and all members, validators in their agreed order.',
      errors: [],
      example: { params: [], result: { epoch: 1, since: 42, quorum: 2, members: [] } },
      handler: async () => (await main.members()) as unknown as JsonValue,
    }),
    defineMethod({
      name: 'mokka_proposeMembership',
      namespace: 'admin',
      peers: [],
      summary:
        'Changes the members: adds an observer, promotes it to a validator, demotes, replaces or removes a member.',
      params: [
        required(
          'change',
          change,
          'An object with action, publicKey, and address (add) or by (replace).',
        ),
      ],
      result:
        'State committed with the new epoch, or, in a Byzantine network, approved with the validators on which the same must be proposed.',
      errors: [
        {
          code: -32000,
          when: 'the node was not started with --admin, or another change came first',
        },
        { code: -32602, when: 'the change does not fit the present members' },
        { code: -32002, when: 'an added validator is not ready, or nothing was committed in time' },
      ],
      example: {
        params: [{ action: 'promote', publicKey: '3b7894a8...4a8285' }],
        result: { state: 'committed', epoch: 2, index: 57, approvalsNeeded: 1, proposeOn: [] },
      },
      handler: async ([wanted]) => {
        if (!isEnabled) {
          throw Object.assign(
            new Error(
              'this node does not take orders over RPC; start it with --admin to allow them',
            ),
            { code: 'admin-only' },
          );
        }
        try {
          return (await main.proposeMembership(wanted)) as unknown as JsonValue;
        } catch (error) {
          throw refusalOf(error);
        }
      },
    }),
    defineMethod({
      name: 'mokka_getLog',
      peers: [],
      summary:
        'Committed entries of the log with their certificates, as stored: what an auditor needs to verify everything from genesis on.',
      params: [
        required('from', z.int().min(1), 'Index of the first entry, from 1.'),
        withDefault('count', z.int().min(1).max(MAX_LOG_ENTRIES), MAX_LOG_ENTRIES, 'How many.'),
      ],
      result:
        'The last committed index, the first index that is kept, the changes of the members from `from` on that are below it, and the entries as RLP; fewer than asked for where they are large.',
      errors: [],
      example: {
        params: [1, 2],
        result: { commitIndex: 17, firstIndex: 1, memberships: [], entries: [] },
      },
      handler: async ([from, count]) => (await main.logPage(from, count)) as unknown as JsonValue,
    }),
  ];
}

/** The error for the client, which can tell the reason by `data.reason`. */
function refusalOf(error: unknown): unknown {
  const reason = errorCode(error);
  const refusal = reason === undefined ? undefined : REFUSALS[reason];
  if (refusal === undefined || reason === undefined || !(error instanceof Error)) {
    return error;
  }
  return new RpcError(refusal.code, `${error.message}: ${refusal.advice}`, { reason });
}
