/**
 * The consensus core: a total, deterministic function from what happened to what is to be done.
 *
 * `step` takes one input and an instant and returns effects in the order in which they are to be carried out. There is no I/O,
 * no clock and no randomness but the seeded jitter: the same options, restored state and inputs give the same effects.
 */
import { MAX_LIST_ITEMS, MAX_MESSAGE_BYTES } from '../codec/rlp.ts';
import { giveUpUnapproved } from './approval.ts';
import { driveCandidacy } from './candidacy.ts';
import { driveCatchUp, onEntries } from './catch-up.ts';
import type { CommitCertificate } from './certificate.ts';
import { countVote, onCertificate, onVote } from './committing.ts';
import { type AfterSync, CoreContext, type Done } from './context.ts';
import type { Effect } from './effect.ts';
import {
  considerElection,
  onLeaderAlive,
  onPreVote,
  onYield,
  resetElectionTimer,
} from './election.ts';
import { noteEpoch } from './epoch-change.ts';
import type { Evidence } from './evidence.ts';
import {
  driveApply,
  driveProcessing,
  onApplied,
  onCommittedRead,
  onProcessed,
} from './execution.ts';
import { onFetch, onServedRead } from './fetch-service.ts';
import { beginTransfer, driveTransfer } from './hand-over.ts';
import { onHeartbeat, onHeartbeatAck, onPropose } from './heartbeats.ts';
import type { Input } from './input.ts';
import { checkInvariants } from './invariants.ts';
import type { Member } from './members.ts';
import {
  driveMembership,
  onMembershipRefusal,
  onMembershipRequest,
  onReadiness,
  onReadinessRequest,
  proposeMembership,
} from './membership.ts';
import type { Message } from './message.ts';
import { onEvidence } from './misbehaviour.ts';
import type { CoreOptions } from './options.ts';
import { onHandOver, onTermVote, onTermVoteSynced, resumePromise } from './promise.ts';
import { driveProposing, onPrepared, onProposalSynced } from './proposing.ts';
import { checkRetention, drivePruning, onPruned, onPruningRead } from './pruning.ts';
import { driveReadIndex, onReadAsked, onReadIndex, onReadPosition } from './read-index.ts';
import { driveRecertifying, onRecertify } from './recertifying.ts';
import type { RestoredState } from './restored-state.ts';
import { driveSnapshots, onSnapshotOffer } from './snapshot-fetch.ts';
import {
  driveOffers,
  onChunkRead,
  onChunkRequest,
  onSnapshotOffered,
  onSnapshotRequest,
} from './snapshot-service.ts';
import {
  onChunk,
  onChunkRestored,
  onRestoreBegun,
  onRestored,
  onSnapshotRecorded,
} from './snapshot-taking.ts';
import { type CoreStatus, roleOf, statusOf, waitingFor } from './status.ts';
import { nextDeadline, runTimers } from './timers.ts';
import type { EntryId, Instant, LogIndex, NodeId, Ticket } from './types.ts';
import { onVoteSynced } from './voting.ts';

export interface LogPosition {
  readonly last: EntryId;
  readonly committed: EntryId;
  readonly certificate: CommitCertificate | null;
  /** The first entry that is kept; 1 when nothing is pruned. */
  readonly lowest: LogIndex;
}

/** Rounds in which one step may enable another part of the core; far more than any step needs. */
const MAX_ROUNDS = 64;

export class Core {
  readonly #context: CoreContext;
  #lastState = '';

  /** Throws RangeError for options that can not work. */
  constructor(options: CoreOptions, restored: RestoredState) {
    if (options.validators.length === 0) throw new RangeError('a cluster has validators');
    if (options.limits.maxPayloadBytes > MAX_MESSAGE_BYTES / 2) {
      throw new RangeError(`maxPayloadBytes is at most ${MAX_MESSAGE_BYTES / 2}`);
    }
    if (options.limits.maxFetchEntries > MAX_LIST_ITEMS) {
      throw new RangeError(`maxFetchEntries is at most ${MAX_LIST_ITEMS}`);
    }
    if (new Set(options.validators).size !== options.validators.length) {
      throw new RangeError('every validator is named once');
    }
    checkRetention(options.retention ?? 'archive', options.snapshots === true);
    this.#context = new CoreContext(options, restored);
  }

  /** Reacts to one input. Never throws for an input: what it can not use is ignored and counted. */
  step(input: Input, instant: Instant): Effect[] {
    const context = this.#context;
    context.begin(instant);
    if (context.halted !== null) {
      context.ignore('halted');
      return [];
    }
    try {
      if (!context.started) start(context);
      dispatch(context, input);
      runTimers(context);
      settle(context);
      checkInvariants(context);
    } catch (error) {
      context.halt('invariant', error instanceof Error ? error.message : String(error));
    }
    this.#reportState();
    const effects = context.takeEffects();
    // A node that found itself wrong says nothing more.
    return isBroken(context) ? effects.filter((effect) => effect.type === 'halt') : effects;
  }

  /** Monotonic ms at which a `tick` is due at the latest; null when nothing is. Before the first step: now. */
  nextDeadline(): number | null {
    if (this.#context.halted !== null) return null;
    return this.#context.started ? nextDeadline(this.#context) : this.#context.now;
  }

  status(): CoreStatus {
    return statusOf(this.#context);
  }

  /** Whom the host keeps links to; `peers` effects tell of every change. */
  peerAddresses(): readonly Member[] {
    return this.#context.peerAddresses();
  }

  /** Where the log stands, with the highest certificate; null at the root. */
  position(): LogPosition {
    const { tip, committed, certificate } = this.#context.log;
    const { lowest } = this.#context.pruning;
    return { last: { index: tip.index, hash: tip.hash }, committed, certificate, lowest };
  }

  /** Everything it knows, for tools that compare whole states. To be read only. */
  inspect(): CoreContext {
    return this.#context;
  }

  /** BFT: contradictory statements of validators that this node knows of, in the order in which it learned of them. */
  evidence(): readonly Evidence[] {
    return [...this.#context.misbehaviour.evidence.values()];
  }

  #reportState(): Done {
    const context = this.#context;
    const { what } = waitingFor(context);
    if (context.waiting.what !== what) context.waiting = { what, since: context.now };
    const role = roleOf(context);
    const leader = context.liveLeader;
    const state = `${role} ${context.term} ${leader}`;
    if (state === this.#lastState) return;
    this.#lastState = state;
    context.event({ type: 'state', role, term: context.term, leader });
  }
}

function isBroken(context: CoreContext): boolean {
  return context.halted?.code === 'invariant';
}

function start(context: CoreContext): Done {
  context.started = true;
  context.lastProgressAt = context.now;
  context.waiting = { what: 'nothing', since: context.now };
  context.emit({ type: 'peers', peers: context.peerAddresses() });
  resetElectionTimer(context);
  // Rule *single*: one validator needs nobody.
  if (context.isValidator && context.quorum === 1) context.election.deadline = context.now;
  resumePromise(context);
}

/** Each part does what the new state allows, until nothing enables anything more. */
function settle(context: CoreContext): Done {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    context.changed = false;
    considerElection(context);
    driveCandidacy(context);
    driveCatchUp(context);
    driveSnapshots(context);
    driveApply(context);
    driveProcessing(context);
    driveRecertifying(context);
    driveTransfer(context);
    driveMembership(context);
    giveUpUnapproved(context);
    driveProposing(context);
    driveReadIndex(context);
    driveOffers(context);
    drivePruning(context);
    if (!context.changed || context.halted !== null) return;
  }
  context.halt('invariant', 'a step did not settle');
}

function dispatch(context: CoreContext, input: Input): Done {
  switch (input.type) {
    case 'tick':
      return;
    case 'message':
      return onMessage(context, input.from, input.message);
    case 'peer-connected':
      return onConnection(context, input.peer, true);
    case 'peer-disconnected':
      return onConnection(context, input.peer, false);
    case 'persisted':
      return onPersisted(context, input.ticket);
    case 'entries-read':
      if (input.ticket === context.execution.reading)
        return onCommittedRead(context, input.entries);
      if (onPruningRead(context, input.ticket, input.entries)) return;
      if (onServedRead(context, input.ticket, input.entries, input.certificate)) return;
      return context.ignore('stale-ticket');
    case 'proposal-prepared':
      return onPrepared(context, input.ticket, input.proposal);
    case 'proposal-processed':
      return onProcessed(context, input.ticket, input.hash, input.verdict);
    case 'applied':
      return onApplied(context, input.index, input.stateDigest);
    case 'pending':
      if (context.leading !== null) context.leading.pending = true;
      return;
    case 'complaint':
      return onComplaint(context, input.active);
    case 'read-index':
      return onReadAsked(context, input.read);
    case 'snapshot-offered':
      return onSnapshotOffered(context, input);
    case 'chunk-read':
      return onChunkRead(context, input);
    case 'restore-begun':
      return onRestoreBegun(context, input);
    case 'chunk-restored':
      return onChunkRestored(context, input);
    case 'restored':
      return onRestored(context, input);
    case 'transfer-leadership':
      return beginTransfer(context, input.to);
    case 'propose-membership':
      return proposeMembership(context, input);
    default:
      return assertNever(input);
  }
}

function onMessage(context: CoreContext, from: NodeId, message: Message): Done {
  const peer = context.peers.get(from);
  if (peer === undefined) return context.ignore('not-a-member');
  peer.lastHeard = context.now;
  noteEpoch(context, from, message);
  switch (message.type) {
    case 'heartbeat':
      return onHeartbeat(context, from, message);
    case 'heartbeat-ack':
      return onHeartbeatAck(context, from, message);
    case 'pre-vote':
      return onPreVote(context, from, message);
    case 'leader-alive':
      return onLeaderAlive(context, from);
    case 'term-vote':
      return onTermVote(context, from, message);
    case 'hand-over':
      return onHandOver(context, message.handOver);
    case 'yield':
      return onYield(context, from, message.yield);
    case 'propose':
      return onPropose(context, from, message);
    case 'vote':
      return onVote(context, from, message.vote);
    case 'certificate':
      return onCertificate(context, from, message.certificate);
    case 'evidence':
      return onEvidence(context, message.evidence);
    case 'read-index':
      return onReadIndex(context, from, message);
    case 'read-position':
      return onReadPosition(context, from, message);
    case 'fetch':
      return onFetch(context, from, message);
    case 'entries':
      return onEntries(context, from, message);
    case 'snapshot-request':
      return onSnapshotRequest(context, from, message);
    case 'snapshot-offer':
      return onSnapshotOffer(context, from, message);
    case 'chunk-request':
      return onChunkRequest(context, from, message);
    case 'chunk':
      return onChunk(context, from, message);
    case 'recertify':
      return onRecertify(context, from, message);
    case 'membership-request':
      return onMembershipRequest(context, from, message);
    case 'membership-refusal':
      return onMembershipRefusal(context, from, message);
    case 'readiness-request':
      return onReadinessRequest(context, from, message.epoch);
    case 'readiness':
      return onReadiness(context, from, message.readiness);
    default:
      return assertNever(message);
  }
}

/** Rule *progress*: the next heartbeats count or do not. */
function onComplaint(context: CoreContext, active: boolean): Done {
  if (context.crashModel === 'CFT') return context.ignore('complaint-in-cft');
  if (active && context.leaderOf(context.term) === context.self) {
    return context.ignore('complaint-of-itself');
  }
  context.complaining = active;
  context.changed = true;
}

/** A leader whose link broke is missed sooner; pre-votes need a quorum that agrees. */
function onConnection(context: CoreContext, id: NodeId, connected: boolean): Done {
  const peer = context.peers.get(id);
  if (peer === undefined) return context.ignore('not-a-member');
  if (peer.connected === connected) return;
  peer.connected = connected;
  context.event({ type: connected ? 'join' : 'leave', peer: id });
  const { election, leadership } = context;
  if (!connected && leadership?.leader === id) {
    const { electionTimeout, electionJitter } = context.options.timing;
    const soon = Math.floor(electionTimeout / 3 + context.random.next() * electionJitter);
    election.deadline = Math.min(election.deadline, context.now + soon);
  }
}

/** Rule *durability*: writes are synced in the order in which they were asked for. */
function onPersisted(context: CoreContext, ticket: Ticket): Done {
  const write = context.writes[0];
  if (write === undefined || write.ticket !== ticket) return context.ignore('stale-ticket');
  context.writes.shift();
  context.changed = true;
  for (const after of write.after) runAfterSync(context, after);
}

function runAfterSync(context: CoreContext, after: AfterSync): Done {
  switch (after.type) {
    case 'synced':
      return context.log.markSynced(after.id);
    case 'vote':
      onVoteSynced(context, after.vote);
      return countVote(context, after.vote);
    case 'term-vote':
      return onTermVoteSynced(context, after.message);
    case 'propose':
      return onProposalSynced(context, after.entry);
    case 'snapshot-recorded':
      return onSnapshotRecorded(context);
    case 'pruned':
      return onPruned(context);
    default:
      return assertNever(after);
  }
}

function assertNever(value: never): never {
  throw new TypeError(`unreachable: ${JSON.stringify(value)}`);
}
