/** A BFT cluster whose operators change its members. */
import { expect } from 'vitest';
import { createEntry } from '../codec/entry-codec.ts';
import { encodeMembership } from '../codec/membership-codec.ts';
import type { Entry } from './entry.ts';
import type { Member, MembershipChange } from './members.ts';
import { Probe, payloadOn, proposalOf, termStartOf, termVoteOf } from './probe.test.support.ts';
import type { LogIndex } from './types.ts';
import { nodeId, VirtualCluster } from './virtual-cluster.test.support.ts';

export const TIMEOUT = 4_000;
export const FOUR = [0, 1, 2, 3];

export function addition(number: number): MembershipChange {
  return { type: 'add', member: { id: nodeId(number), host: `node-${number}`, port: 1 } };
}

export async function led(count: number, timing = {}): Promise<VirtualCluster> {
  const cluster = await VirtualCluster.started(count, timing, 'BFT');
  cluster.until(() => cluster.leader() !== null);
  return cluster;
}

export function ask(
  cluster: VirtualCluster,
  nodes: readonly number[],
  change: MembershipChange,
  timeout = TIMEOUT,
): void {
  for (const at of nodes) {
    const request = cluster.node(at).results.length;
    cluster.input(at, { type: 'propose-membership', request, change, timeout });
  }
}

/** The operators of these nodes ask for the same; runs until all have their answers. */
export function agree(cluster: VirtualCluster, nodes: readonly number[], change: MembershipChange) {
  const before = nodes.map((at) => cluster.node(at).results.length);
  ask(cluster, nodes, change);
  cluster.until(() => nodes.every((at, n) => cluster.node(at).results.length > (before[n] ?? 0)));
  return nodes.map((at) => {
    const result = cluster.node(at).results.at(-1);
    return result?.accepted === false ? result.code : `epoch ${result?.epoch}`;
  });
}

export function commitsEverywhere(
  cluster: VirtualCluster,
  word: string,
  nodes: readonly number[],
): void {
  cluster.submit(word);
  cluster.until(() => nodes.every((at) => cluster.committed(at).includes(word)));
}

export function leaderOf(cluster: VirtualCluster): number {
  const leader = cluster.leader();
  if (leader === null) throw new Error('nobody leads');
  return leader;
}

export function standing(cluster: VirtualCluster): void {
  for (const node of cluster.nodes) expect(node.halt).toBeNull();
}

/** Keeps the second phase of membership entries from any leader; what a quorum prepared stays uncommitted. */
export function holdCommitVotes(cluster: VirtualCluster): void {
  const memberships = new Set<string>();
  cluster.link = (_, __, message) => {
    if (message.type === 'propose' && message.entry.kind === 'membership') {
      memberships.add(message.entry.hash);
    }
    if (message.type !== 'vote' || message.vote.phase === 'prepare') return true;
    return !memberships.has(message.vote.hash);
  };
}

export function isPrepared(cluster: VirtualCluster, at: number): boolean {
  const { preparation, log } = cluster.node(at).running.inspect();
  return log.get(preparation.certificate?.index ?? 0)?.kind === 'membership';
}

export function otherEntry(index: number, term: number, text = 'a'): Entry {
  const start = termStartOf(term, 4, [termVoteOf(1, term)]);
  return createEntry({ ...payloadOn(start, text), index: index as LogIndex });
}

export function members(...numbers: readonly number[]): Member[] {
  return numbers.map((at) => ({
    id: nodeId(at),
    host: `validator-${at}`,
    port: at + 1,
    role: 'validator',
  }));
}

/** Node 0 of four follows node 1 in term 1, which proposes to remove node 3. */
export async function withProposedMembership(
  isApproved: boolean,
): Promise<{ probe: Probe; entry: Entry }> {
  const probe = await Probe.started(0, 4, {}, 'BFT');
  const votes = [1, 2, 3].map((voter) => termVoteOf(voter, 1));
  const first = termStartOf(1, 4, votes);
  await probe.follow(first);
  const entry = createEntry({
    ...payloadOn(first, ''),
    kind: 'membership',
    payload: encodeMembership({ members: members(0, 1, 2), readiness: [] }),
  });
  if (isApproved) {
    const change = { type: 'remove', id: nodeId(3) } as const;
    await probe.feed({ type: 'propose-membership', request: 1, change, timeout: 60_000 });
  }
  await probe.receive(1, proposalOf(1, entry));
  return { probe, entry };
}
