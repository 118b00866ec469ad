/** The members as a node tells of them, and proposals of others. */
import { z } from 'zod';
import { type AskedNode, askNode } from '../rpc-client/ask-node.ts';

/** A proposal is answered when it is committed: a bit more than the node waits itself. */
const PROPOSAL_TIMEOUT_MS = 20_000;

const memberSchema = z.object({
  node: z.number().nullable(),
  publicKey: z.string(),
  role: z.enum(['validator', 'observer']),
  address: z.string(),
  host: z.string(),
  port: z.number(),
  isSelf: z.boolean(),
  isLeader: z.boolean(),
  connected: z.boolean(),
  rpcUrl: z.string().nullable(),
  appliedIndex: z.number().nullable(),
  blockNumber: z.number().nullable(),
});

const membersSchema = z.object({
  epoch: z.number(),
  since: z.number(),
  crashModel: z.enum(['CFT', 'BFT']),
  quorum: z.number(),
  faults: z.number(),
  members: z.array(memberSchema),
});

const proposalSchema = z.object({
  state: z.enum(['committed', 'approved']),
  epoch: z.number(),
  index: z.number().nullable(),
  approvalsNeeded: z.number(),
  proposeOn: z.array(
    z.object({
      node: z.number().nullable(),
      publicKey: z.string(),
      rpcUrl: z.string().nullable(),
    }),
  ),
});

const positionSchema = z.object({ commitIndex: z.number() });

export type Members = z.infer<typeof membersSchema>;
export type MemberOfNetwork = Members['members'][number];
export type Proposal = z.infer<typeof proposalSchema>;

export type Change =
  | { readonly action: 'add'; readonly publicKey: string; readonly address: string }
  | { readonly action: 'promote' | 'demote' | 'remove'; readonly publicKey: string }
  | { readonly action: 'replace'; readonly publicKey: string; readonly by: string };

/** Throws `CommandError`. */
export function readMembers(node: AskedNode): Promise<Members> {
  return askNode(node, { method: 'mokka_getMembers' }, membersSchema);
}

/** Last committed entry as the node knows it. Throws `CommandError`. */
export async function readCommitIndex(node: AskedNode): Promise<number> {
  return (await askNode(node, { method: 'mokka_status' }, positionSchema)).commitIndex;
}

/** Throws `RefusedError` or `CommandError`. */
export function proposeChange(node: AskedNode, change: Change): Promise<Proposal> {
  const question = {
    method: 'mokka_proposeMembership',
    params: [change],
    timeoutMs: PROPOSAL_TIMEOUT_MS,
  };
  return askNode(node, question, proposalSchema);
}

export function memberOf(members: Members, publicKey: string): MemberOfNetwork | null {
  return members.members.find((member) => member.publicKey === publicKey) ?? null;
}
