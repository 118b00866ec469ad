/**
 * What a node tells whoever runs it: the few events that matter to a person watching a network. Also the JSON lines
 * of `praline node --json`, which `praline start` reads from its children.
 */
import { z } from 'zod';

const publicKey = z.string().regex(/^[0-9a-f]{64}$/);
const nodeNumber = z.int().min(1).nullable();

export const nodeEventSchema = z.discriminatedUnion('event', [
  /** The node answers clients. */
  z.object({
    event: z.literal('ready'),
    node: nodeNumber,
    pid: z.int(),
    rpc: z.string(),
    p2p: z.string(),
    publicKey,
    chainId: z.string(),
    blockNumber: z.int(),
    data: z.string(),
  }),
  /** This node's view of the leader changed; null while it knows none. */
  z.object({
    event: z.literal('leader'),
    term: z.int(),
    publicKey: publicKey.nullable(),
    node: nodeNumber,
  }),
  /** A block is committed and applied here. */
  z.object({
    event: z.literal('block'),
    number: z.int(),
    hash: z.string(),
    transactions: z.int(),
    /** Decimal, since it can exceed what JSON numbers hold. */
    gasUsed: z.string(),
    executionMs: z.number(),
    entry: z.int(),
  }),
  /** The link to a member went down or came up. */
  z.object({ event: z.literal('peer-lost'), publicKey, node: nodeNumber }),
  z.object({ event: z.literal('peer-joined'), publicKey, node: nodeNumber }),
  /** The members changed: another epoch began. */
  z.object({
    event: z.literal('epoch'),
    epoch: z.int(),
    validators: z.int(),
    observers: z.int(),
    /** Role of this node now; null when it is no member. */
    role: z.enum(['validator', 'observer']).nullable(),
  }),
  /** A validator was found to have signed two statements that contradict each other. */
  z.object({ event: z.literal('evidence'), publicKey, node: nodeNumber, kind: z.string() }),
  /** The node stops because it must not go on. */
  z.object({ event: z.literal('failed'), code: z.string(), message: z.string() }),
  /** The node ended as asked. */
  z.object({ event: z.literal('stopped') }),
]);

export type NodeEvent = z.infer<typeof nodeEventSchema>;
