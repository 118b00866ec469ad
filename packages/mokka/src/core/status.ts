/** What a core can say about itself at any moment, for operators and tests. */
import type { CoreContext } from './context.ts';
import type { Member } from './members.ts';
import type { EntryId, Epoch, LogIndex, NodeId, Role, Term } from './types.ts';

/** What a node waits for before anything moves; `nothing` when it is idle or busy by itself. */
export type WaitingFor =
  | 'nothing'
  | 'leader'
  | 'pre-votes'
  | 'term-votes'
  | 'anchor'
  | 'term-start'
  | 'votes'
  | 'entries'
  | 'snapshot'
  | 'application';

export interface PeerStatus {
  readonly id: NodeId;
  readonly connected: boolean;
  /** Instant (monotonic ms) of the last message, or null. */
  readonly lastHeard: number | null;
  /** Last entry and committed entry the peer told of, or null. */
  readonly last: EntryId | null;
  readonly committed: EntryId | null;
}

export interface CoreStatus {
  readonly role: Role;
  readonly term: Term;
  /** The live leader, or null. */
  readonly leader: NodeId | null;
  readonly epoch: Epoch;
  /** Of the present epoch, the validators among them in their agreed order. */
  readonly members: readonly Member[];
  /** False at a node that was removed, or not yet added. */
  readonly isMember: boolean;
  readonly commitIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  readonly waitingFor: {
    readonly what: WaitingFor;
    readonly from: readonly NodeId[];
    /** Instant (monotonic ms) since when. */
    readonly since: number;
  };
  readonly peers: readonly PeerStatus[];
  /** How many inputs were ignored, by reason. */
  readonly ignored: ReadonlyMap<string, number>;
  readonly halted: { readonly code: string; readonly reason: string } | null;
}

/** The status of a core. */
export function statusOf(context: CoreContext): CoreStatus {
  const { log, execution, halted } = context;
  const { what, from } = waitingFor(context);
  const peers: PeerStatus[] = [...context.peers].map(([id, peer]) => ({
    id,
    connected: peer.connected,
    lastHeard: peer.lastHeard,
    last: peer.last,
    committed: peer.committed,
  }));
  return {
    role: roleOf(context),
    term: context.term,
    leader: context.liveLeader,
    epoch: context.epoch,
    members: context.epochs.present.members,
    isMember: context.epochs.present.members.some(({ id }) => id === context.self),
    commitIndex: log.committed.index,
    lastIndex: log.tip.index,
    appliedIndex: execution.applied,
    waitingFor: { what, from, since: context.waiting.since },
    peers,
    ignored: new Map(context.ignoredCounts),
    halted,
  };
}

export function roleOf(context: CoreContext): Role {
  if (!context.isValidator) return 'observer';
  if (context.leading !== null) return 'leader';
  if (context.candidacy !== null || context.election.preVote !== null) return 'candidate';
  return 'follower';
}

/** What this node waits for and from whom. */
export function waitingFor(context: CoreContext): { what: WaitingFor; from: NodeId[] } {
  const { candidacy, catchUp, election, execution, leading, leadership, log } = context;
  const others = context.otherValidators();
  if (candidacy !== null) {
    if (candidacy.target !== null) return { what: 'anchor', from: [...candidacy.holders] };
    const voted = (id: NodeId) => election.termVotes.get(id)?.term === candidacy.term;
    return { what: 'term-votes', from: others.filter((id) => !voted(id)) };
  }
  if (election.preVote !== null) {
    const heard = (id: NodeId) => (election.heard.get(id)?.expiresAt ?? 0) > context.now;
    return { what: 'pre-votes', from: others.filter((id) => !heard(id)) };
  }
  const { fetch } = context.snapshots;
  if (fetch !== null && fetch.phase !== 'asking') return { what: 'snapshot', from: [fetch.from] };
  if (catchUp !== null) return { what: 'entries', from: [catchUp.peer] };
  if (execution.request?.kind === 'process' || execution.committing.length > 0) {
    return { what: 'application', from: [context.self] };
  }
  if (leading !== null && log.tip.index > log.committed.index) {
    const { certificate, tallies } = context.preparation;
    const isPrepared = context.crashModel === 'CFT' || certificate?.hash === log.tip.hash;
    const voted = (isPrepared ? context.tallies : tallies).get(log.tip.index)?.votes;
    return { what: 'votes', from: others.filter((id) => voted?.has(id) !== true) };
  }
  if (leading !== null) return { what: 'nothing', from: [] };
  if (leadership !== null) {
    return election.leaderHeardAt === null
      ? { what: 'leader', from: [leadership.leader] }
      : { what: 'nothing', from: [] };
  }
  if (context.termVote?.termVote.term === context.term) {
    return { what: 'term-start', from: [context.leaderOf(context.term)] };
  }
  return { what: 'leader', from: others };
}
