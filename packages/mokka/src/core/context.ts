/**
 * The state of one core and the few operations every part of it uses. Each part of the protocol has its own file of
 * functions over this state; `core.ts` calls them.
 */
import type { Certificate, CommitCertificate, LeaderProof } from './certificate.ts';
import { CertificateCache } from './certificate-cache.ts';
import type { Effect, HaltCode } from './effect.ts';
import type { Entry } from './entry.ts';
import { EpochHistory, genesisMembers } from './epochs.ts';
import type { CoreEvent } from './event.ts';
import { FetchAllowance } from './fetch-allowance.ts';
import { Log } from './log.ts';
import type { Member } from './members.ts';
import type { MembershipState } from './membership.ts';
import type { Message, TermVoteMessage } from './message.ts';
import { type Misbehaviour, misbehaviourFrom } from './misbehaviour.ts';
import type { CoreOptions } from './options.ts';
import type { Preparation } from './preparing.ts';
import { NOTHING_PRUNED, newPruning, type Pruning } from './pruning.ts';
import { leaderOf } from './quorum.ts';
import { SeededRandom } from './random.ts';
import { newReadIndex } from './read-index.ts';
import { requestNumber } from './request-numbers.ts';
import type { RestoredState, TermBinding } from './restored-state.ts';
import { StatementSigner } from './signing.ts';
import { newSnapshotExchange } from './snapshot-exchange.ts';
import type { Lock, PreVote, TermVote, Vote, Yield } from './statements.ts';
import type {
  EntryHash,
  EntryId,
  Epoch,
  Instant,
  LogIndex,
  NodeId,
  Signature,
  StateDigest,
  Term,
  Ticket,
} from './types.ts';
import type { ValidatorSet } from './verification.ts';

/** Handlers give back nothing; the name lets them end with `return context.ignore(...)`. */
export type Done = undefined;

/** A verified leader proof of the own term. */
export interface Leadership {
  readonly term: Term;
  readonly leader: NodeId;
  readonly proof: LeaderProof | null;
  readonly anchor: EntryId;
  /** Null at a leader that has not proposed it yet. */
  termStart: Entry | null;
  /** Monotonic ms; Rule *expiry* measures from here. */
  readonly adoptedAt: number;
}

/** This node's own leadership while it leads. */
export interface Leading {
  readonly since: number;
  /** The application may have something to propose. */
  pending: boolean;
  /** The term-start is on disk and was sent. */
  announced: boolean;
  heartbeatAt: number;
  transfer: Transfer | null;
  /** The own vote that goes with the term-start, for followers that come late. */
  termStartVote: Vote | null;
  /** The application refused its own proposal: it is asked again with the next heartbeat. */
  refusedOwn: boolean;
  /** Next instant at which an expiring proof is handed over. */
  handOverAt: number;
}

/** Rule *expiry*: the hand-over under way. */
export interface Transfer {
  readonly to: NodeId | null;
  readonly deadline: number;
  sent: boolean;
}

/** A node that may become leader of its term and collects term votes. */
export interface Candidacy {
  readonly term: Term;
  /** From here on a lower anchor that is held is preferred to a higher one that is not. */
  readonly fallbackAt: number;
  /** From here on the candidate yields. */
  readonly deadline: number;
  /** A lock whose chain is being fetched. */
  target: Lock | null;
  holders: readonly NodeId[];
}

/** A pre-vote or yield that was heard, alive until `expiresAt`. */
export interface HeardPreVote {
  readonly statement: PreVote | Yield;
  readonly expiresAt: number;
  readonly direct: boolean;
}

export interface Election {
  /** Without a live leader until here, this node pre-votes. */
  deadline: number;
  /** Own pre-vote while it is being repeated. */
  preVote: PreVote | null;
  repeatAt: number;
  readonly heard: Map<NodeId, HeardPreVote>;
  /** Highest term vote of each validator with what came with it. */
  readonly termVotes: Map<NodeId, TermVote>;
  /** BFT: the valid certificate under the lock of each of them. */
  readonly lockCertificates: Map<NodeId, Certificate>;
  /** When each validator's term vote was heard last: as a pre-vote it counts for one election timeout. */
  readonly termVotesHeardAt: Map<NodeId, number>;
  failedTerms: number;
  /** Last instant at which the live leader was heard; null without one. */
  leaderHeardAt: number | null;
  /** Rule *yield*: the term this node gave up. */
  yielded: Term;
}

export interface CatchUp {
  readonly target: EntryId;
  peer: NodeId;
  attempt: number;
  request: number;
  retryAt: number;
  /** Consecutive entries from just above the committed one. */
  staged: Entry[];
  /** When this peer was asked first without having sent anything that proved right since; monotonic ms. */
  unprovenSince: number;
}

/** What the application is doing and where it stands. */
export interface Execution {
  /** Entry the application will be at after everything asked of it, and the digest once known. */
  cursor: EntryId;
  digest: StateDigest | null;
  /** The unanswered prepare or process request. */
  request:
    | { readonly kind: 'prepare'; readonly ticket: Ticket; readonly timestamp: number }
    | { readonly kind: 'process'; readonly ticket: Ticket; readonly entry: Entry }
    | null;
  /** Entry that the application refused, not to be asked again until something changes. */
  refused: EntryHash | null;
  /** Entry whose refusal was last reported, so that repetitions are not reported again. */
  reported: EntryHash | null;
  /** Digests after accepted and applied entries that may still be returned to. */
  readonly digests: Map<number, StateDigest>;
  applied: LogIndex;
  /** Entries handed over with `commit` and not yet answered. */
  committing: readonly Entry[];
  /** Ticket of the `read-entries` that feeds the next commit. */
  reading: Ticket | null;
}

export interface Peer {
  connected: boolean;
  lastHeard: number | null;
  /** Last instant at which the peer followed this leader. */
  followedAt: number;
  last: EntryId | null;
  committed: EntryId | null;
  /** No proposal is sent again to this peer before. */
  repeatAt: number;
  readonly fetches: FetchAllowance;
}

/** What happens once a write is synced. Rule *durability*. */
export type AfterSync =
  | { readonly type: 'synced'; readonly id: EntryId }
  | { readonly type: 'vote'; readonly vote: Vote }
  | { readonly type: 'term-vote'; readonly message: TermVoteMessage }
  | { readonly type: 'propose'; readonly entry: Entry }
  | { readonly type: 'snapshot-recorded' }
  | { readonly type: 'pruned' };

/** Votes for one entry of the term this node led last. */
export interface VoteTally {
  readonly hash: EntryHash;
  readonly votes: Map<NodeId, Signature>;
}

export function newPeer(): Peer {
  return {
    connected: false,
    lastHeard: null,
    followedAt: 0,
    last: null,
    committed: null,
    repeatAt: 0,
    fetches: new FetchAllowance(),
  };
}

/** Everything a core knows. */
export class CoreContext implements ValidatorSet {
  readonly options: CoreOptions;
  readonly self: NodeId;
  /** Rule *membership*: every epoch that this node knows; the last is the present one. */
  readonly epochs: EpochHistory;
  readonly crashModel: CoreOptions['crashModel'];
  readonly signer: StatementSigner;
  readonly random: SeededRandom;
  readonly log: Log;

  now = 0;
  unixTime = 0;
  started = false;

  term: Term;
  termVote: TermVoteMessage | null;
  /** The own term vote that is on disk and may be sent. Rule *durability*. */
  syncedTermVote: TermVoteMessage | null;
  /** The log dropped the entry that the own term vote locks on, and the vote has done its work or was never sent. */
  lockSuperseded: boolean;
  binding: TermBinding | null;
  /** Votes by which this node accepted entries: CFT `commit`, BFT `prepare`. */
  readonly ownVotes = new Map<number, Vote>();
  readonly syncedVotes = new Set<number>();
  unsavedCertificates: CommitCertificate[] = [];
  unsavedSince = 0;
  prunedVotesBelow = 0;
  /** A verified certificate above what the log contains. */
  ahead: CommitCertificate | null;
  /** Who sent it, and so can serve what leads there. */
  aheadFrom: NodeId | null = null;
  readonly membership: MembershipState = {
    requests: [],
    work: null,
    approved: null,
    asking: new Map(),
  };

  readonly preparation: Preparation;
  readonly misbehaviour: Misbehaviour;
  readonly certificates = new CertificateCache();
  /** BFT: the application complains of the leader of the present term. Rule *progress*. */
  complaining = false;

  leadership: Leadership | null = null;
  leading: Leading | null = null;
  candidacy: Candidacy | null = null;
  /** Term this node led last in this run; its votes are still collected. */
  ledTerm = 0 as Term;
  readonly tallies = new Map<number, VoteTally>();
  /** When own proposals above the committed entry were sent. */
  readonly proposedAt = new Map<number, number>();
  readonly election: Election;
  /** Proposals of the present leader above the log's tip. */
  readonly incoming = new Map<number, Entry>();
  readonly execution: Execution;
  catchUp: CatchUp | null = null;
  readonly snapshots = newSnapshotExchange();
  readonly pruning: Pruning;
  readonly readIndex = newReadIndex();
  lastProgressAt = 0;
  pending = false;

  readonly peers = new Map<NodeId, Peer>();
  readonly writes: { readonly ticket: Ticket; after: readonly AfterSync[] }[] = [];
  readonly serving = new Map<Ticket, { readonly to: NodeId; readonly request: number }>();
  readonly ignoredCounts = new Map<string, number>();
  halted: { readonly code: HaltCode; readonly reason: string } | null = null;
  waiting: { what: string; since: number } = { what: 'nothing', since: 0 };
  /** Set by whatever may enable another part; `core.ts` goes round until it stays clear. */
  changed = false;

  #effects: Effect[] = [];
  #nextTicket = 1;
  #requests = 0;

  constructor(options: CoreOptions, restored: RestoredState) {
    this.options = options;
    this.self = options.self;
    this.crashModel = options.crashModel;
    this.epochs = new EpochHistory(options.crashModel, genesisMembers(options), restored.epochs);
    this.signer = new StatementSigner(options.clusterId, options.signatures);
    this.random = new SeededRandom(options.seed);
    this.log = new Log(options.limits, options.rootHash, restored.base, restored.tail);
    this.pruning = newPruning(restored.pruned ?? NOTHING_PRUNED);
    this.term = restored.term;
    // Rule *membership*: promises of an earlier epoch are over with it.
    const { epoch, since, certificate } = this.epochs.present;
    const isOfEpoch = (signed: { readonly epoch: Epoch } | null) => signed?.epoch === epoch;
    const commitVotes = restored.commitVotes.filter(isOfEpoch);
    this.termVote = restored.termVote?.termVote.epoch === epoch ? restored.termVote : null;
    this.syncedTermVote = this.termVote;
    this.lockSuperseded = restored.lockSuperseded;
    this.binding = restored.binding?.epoch === epoch ? restored.binding : null;
    // It may be known from the application alone.
    if (certificate !== null && since === restored.base.id.index) {
      this.unsavedCertificates.push(certificate);
    }
    this.ahead = restored.ahead;
    for (const vote of restored.votes.filter(isOfEpoch)) {
      this.ownVotes.set(vote.index, vote);
      this.syncedVotes.add(vote.index);
    }
    this.preparation = {
      certificate: isOfEpoch(restored.lockCertificate) ? restored.lockCertificate : null,
      saved: restored.savedLockCertificate,
      lockedAt: 0,
      awaited: null,
      commitVotes: new Map(commitVotes.map((vote) => [vote.index, vote])),
      syncedCommitVotes: new Set(commitVotes.map((vote) => vote.index)),
      tallies: new Map(),
    };
    this.misbehaviour = misbehaviourFrom(restored.evidence);
    this.execution = {
      cursor: restored.applied,
      digest: restored.stateDigest,
      request: null,
      refused: null,
      reported: null,
      digests: new Map([[restored.applied.index, restored.stateDigest]]),
      applied: restored.applied.index,
      committing: [],
      reading: null,
    };
    this.election = {
      deadline: Number.POSITIVE_INFINITY,
      preVote: null,
      repeatAt: Number.POSITIVE_INFINITY,
      heard: new Map(),
      termVotes: new Map(),
      lockCertificates: new Map(),
      termVotesHeardAt: new Map(),
      failedTerms: 0,
      leaderHeardAt: null,
      yielded: 0 as Term,
    };
    for (const { id } of this.peerAddresses()) this.peers.set(id, newPeer());
  }

  get epoch(): Epoch {
    return this.epochs.present.epoch;
  }

  /** Validators of the present epoch in their agreed order. */
  get validators(): readonly NodeId[] {
    return this.epochs.present.validators;
  }

  get quorum(): number {
    return this.epochs.present.quorum;
  }

  get faults(): number {
    return this.epochs.present.faults;
  }

  get root(): Lock | undefined {
    return this.epochs.present.root;
  }

  get since(): LogIndex {
    return this.epochs.present.since;
  }

  get isValidator(): boolean {
    return this.validators.includes(this.self);
  }

  /** The other validators of the present epoch. */
  otherValidators(): NodeId[] {
    return this.validators.filter((id) => id !== this.self);
  }

  /**
   * Whom this node keeps links to: the members; those whom the last change removed, until something is committed above it, for
   * they may have to hear of it; and those it was told to ask, for all the members it knows of may be gone.
   */
  peerAddresses(): readonly Member[] {
    const { present, previous } = this.epochs;
    const wanted = new Map(present.members.map((member) => [member.id, member]));
    const add = (members: readonly Member[]) => {
      for (const member of members) if (!wanted.has(member.id)) wanted.set(member.id, member);
    };
    if (previous !== null && this.log.committed.index <= present.since) add(previous.members);
    add(this.options.contacts ?? []);
    wanted.delete(this.self);
    return [...wanted.values()];
  }

  begin(instant: Instant): void {
    this.now = Math.max(this.now, instant.now);
    this.unixTime = Math.max(0, Math.floor(instant.unixTime));
    this.#effects = [];
  }

  takeEffects(): Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  event(event: CoreEvent): Done {
    this.#effects.push({ type: 'event', event });
  }

  send(to: NodeId, message: Message): undefined {
    if (to !== this.self) this.#effects.push({ type: 'send', to, message });
  }

  /** To every peer, the same object, so that a host encodes it once. */
  broadcast(message: Message): void {
    for (const to of this.peers.keys()) this.#effects.push({ type: 'send', to, message });
  }

  ticket(): Ticket {
    const ticket = this.#nextTicket as Ticket;
    this.#nextTicket += 1;
    return ticket;
  }

  /** Numbers this node's questions, so that late answers are told apart. */
  nextRequest(): number {
    this.#requests += 1;
    return requestNumber(this.options.seed, this.#requests);
  }

  ignore(reason: string): Done {
    this.ignoredCounts.set(reason, (this.ignoredCounts.get(reason) ?? 0) + 1);
  }

  halt(code: HaltCode, reason: string): Done {
    if (this.halted !== null) return;
    this.halted = { code, reason };
    this.#effects.push({ type: 'halt', code, reason });
  }

  leaderOf(term: Term): NodeId {
    return leaderOf(this.validators, term);
  }

  /** The live leader as `state` events and status name it. */
  get liveLeader(): NodeId | null {
    if (this.leading !== null) return this.self;
    return this.election.leaderHeardAt === null ? null : (this.leadership?.leader ?? null);
  }
}
