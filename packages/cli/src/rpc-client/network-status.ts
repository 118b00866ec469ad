/** The state of a whole network, put together from what its nodes answer. */
import { z } from 'zod';
import { type AskedNode, askNode } from './ask-node.ts';

const statusReport = z.object({
  node: z.number().nullable(),
  publicKey: z.string(),
  isMember: z.boolean(),
  role: z.string(),
  term: z.number(),
  epoch: z.number(),
  leader: z.string().nullable(),
  quorum: z.number(),
  validators: z.number(),
  connectedValidators: z.number(),
  commitIndex: z.number(),
  blockNumber: z.number(),
  waitingFor: z.object({ what: z.string(), from: z.array(z.string()), ms: z.number() }),
});

const peerReports = z.array(
  z.object({
    node: z.number().nullable(),
    publicKey: z.string(),
    membership: z.string(),
    rpcUrl: z.string().nullable(),
    connected: z.boolean(),
    role: z.string().nullable(),
    term: z.number().nullable(),
    appliedIndex: z.number().nullable(),
    blockNumber: z.number().nullable(),
  }),
);

export interface NetworkNodeStatus {
  readonly node: number | null;
  readonly publicKey: string;
  /** `validator`, `observer`, or null for a node that is no member. */
  readonly membership: string | null;
  readonly rpc: string | null;
  /** `up`: answers; `connected`: only its peers hear it; `down`: nobody does. */
  readonly state: 'up' | 'connected' | 'down';
  readonly role: string | null;
  readonly term: number | null;
  /** Number of the leader it follows, or its public key when it has none. */
  readonly leader: number | string | null;
  readonly commitIndex: number | null;
  readonly blockNumber: number | null;
  /** Entries behind the node that is furthest. */
  readonly lag: number | null;
  readonly peers: number | null;
}

export interface NetworkStatus {
  /** A quorum of validators answers or is connected, and a leader is known. */
  readonly healthy: boolean;
  readonly summary: string;
  readonly nodes: readonly NetworkNodeStatus[];
}

type Report = z.infer<typeof statusReport>;

/**
 * Asks the first node for the others, and these at the addresses it tells. What lets us in is shown only to `nodes`, never to an
 * address that a node has named. Throws `CommandError` when the first does not answer.
 */
export async function networkStatus(
  nodes: readonly [AskedNode, ...AskedNode[]],
): Promise<NetworkStatus> {
  const [first] = nodes;
  const own = await askNode(first, STATUS, statusReport);
  const peers = await askNode(first, { method: 'mokka_peers' }, peerReports);
  const others = await Promise.all(
    peers.map(async (peer) => {
      const url = peer.rpcUrl;
      const report =
        url === null
          ? null
          : await askNode(knownAs(url, nodes), STATUS, statusReport).catch(() => null);
      return { peer, report: report?.publicKey === peer.publicKey ? report : null };
    }),
  );
  const numbers = new Map<string, number | null>([
    [own.publicKey, own.node],
    ...peers.map(({ publicKey, node }) => [publicKey, node] as const),
  ]);
  const answers = [
    answering(own, first.url, numbers),
    ...others.map(({ peer, report }) =>
      report === null ? silent(peer) : answering(report, peer.rpcUrl ?? '', numbers),
    ),
  ];
  const furthest = Math.max(...answers.map(({ commitIndex }) => commitIndex ?? 0));
  return {
    ...judge(own, answers),
    nodes: answers
      .map((node) => ({
        ...node,
        lag: node.commitIndex === null ? null : furthest - node.commitIndex,
      }))
      .sort((a, b) => (a.node ?? Infinity) - (b.node ?? Infinity) || 0),
  };
}

function isSameAddress(left: string, right: string): boolean {
  if (!URL.canParse(left) || !URL.canParse(right)) return false;
  return new URL(left).href === new URL(right).href;
}

const STATUS = { method: 'mokka_status' };

function knownAs(url: string, nodes: readonly AskedNode[]): AskedNode {
  return nodes.find((node) => isSameAddress(node.url, url)) ?? { url };
}

function answering(
  report: Report,
  rpc: string,
  numbers: ReadonlyMap<string, number | null>,
): NetworkNodeStatus {
  return {
    node: report.node,
    publicKey: report.publicKey,
    membership: membershipOf(report),
    rpc,
    state: 'up',
    role: report.role,
    term: report.term,
    leader: report.leader === null ? null : (numbers.get(report.leader) ?? report.leader),
    commitIndex: report.commitIndex,
    blockNumber: report.blockNumber,
    lag: null,
    peers: report.connectedValidators - (membershipOf(report) === 'validator' ? 1 : 0),
  };
}

function membershipOf({ isMember, role }: Report): string | null {
  if (!isMember) {
    return null;
  }
  return role === 'observer' ? role : 'validator';
}

function silent(peer: z.infer<typeof peerReports>[number]): NetworkNodeStatus {
  return {
    node: peer.node,
    publicKey: peer.publicKey,
    membership: peer.membership,
    rpc: peer.rpcUrl,
    state: peer.connected ? 'connected' : 'down',
    role: peer.connected ? peer.role : null,
    term: peer.connected ? peer.term : null,
    leader: null,
    commitIndex: peer.connected ? peer.appliedIndex : null,
    blockNumber: peer.connected ? peer.blockNumber : null,
    lag: null,
    peers: null,
  };
}

function judge(
  own: Report,
  nodes: readonly NetworkNodeStatus[],
): Pick<NetworkStatus, 'healthy' | 'summary'> {
  const validators = nodes.filter(({ membership }) => membership === 'validator');
  const reachable = validators.filter(({ state }) => state !== 'down').length;
  const leader = nodes.find(({ leader: known }) => known !== null)?.leader ?? null;
  const counts = `${reachable} of ${own.validators} validators reachable, ${own.quorum} needed`;
  if (!own.isMember) {
    const summary = `The node that was asked is no member of the network; it knows epoch ${own.epoch}.`;
    return { healthy: false, summary };
  }
  if (reachable < own.quorum) {
    return { healthy: false, summary: `No quorum: ${counts}. Blocks wait, reads go on.` };
  }
  if (leader === null) {
    const { what, ms } = own.waitingFor;
    return {
      healthy: false,
      summary: `No leader: ${counts}. Waiting for ${what} since ${Math.round(ms)} ms.`,
    };
  }
  return {
    healthy: true,
    summary: `Working: leader is node ${leader}, epoch ${own.epoch}, ${counts}.`,
  };
}
