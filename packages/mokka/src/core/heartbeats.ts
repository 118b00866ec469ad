/**
 * Heartbeats and their answers heal what the network lost: a follower without the proof gets the term-start, one that lacks
 * proposals gets them again, one that lacks a certificate gets it, and it repeats votes the leader may not have.
 */

import { certificateIn } from '../codec/term-start-codec.ts';
import { onCertificate } from './committing.ts';
import type { CoreContext, Done, Peer } from './context.ts';
import { onLeaderHeard } from './election.ts';
import type { Entry } from './entry.ts';
import { adoptTermStart } from './leadership.ts';
import type { Message } from './message.ts';
import { distrustsLeader, noteStatement } from './misbehaviour.ts';
import { repeatCommitVotes, repeatPrepareCertificate } from './preparing.ts';
import { sendRecertification } from './recertifying.ts';
import type { Vote } from './statements.ts';
import type { EntryId, NodeId } from './types.ts';
import { incomingWindow, repeatVotes } from './voting.ts';

type Heartbeat = Extract<Message, { type: 'heartbeat' }>;
type HeartbeatAck = Extract<Message, { type: 'heartbeat-ack' }>;

/** Leader: to all, at every interval, once the term-start is durable. */
export function sendHeartbeats(context: CoreContext): Done {
  const { leading, log } = context;
  if (leading === null) return;
  leading.heartbeatAt = context.now + context.options.timing.heartbeatInterval;
  // A stored entry that the application refused is tried again: nothing can be proposed above it.
  context.execution.refused = null;
  if (leading.refusedOwn) leading.pending = true;
  leading.refusedOwn = false;
  if (!leading.announced) return;
  context.broadcast({
    type: 'heartbeat',
    epoch: context.epoch,
    term: context.term,
    last: { index: log.tip.index, hash: log.tip.hash },
    committed: log.committed,
  });
}

export function onHeartbeat(context: CoreContext, from: NodeId, message: Heartbeat): Done {
  if (message.epoch !== context.epoch) return context.ignore('other-epoch');
  if (message.term < context.term) return context.ignore('stale-heartbeat');
  if (context.leaderOf(message.term) !== from) return context.ignore('heartbeat-of-another');
  const following = context.leadership?.term === message.term;
  const { log } = context;
  context.send(from, {
    type: 'heartbeat-ack',
    epoch: context.epoch,
    term: message.term,
    following,
    last: { index: log.tip.index, hash: log.tip.hash },
    committed: log.committed,
  });
  if (!following) return;
  context.execution.refused = null;
  if (countsAsAlive(context, message)) onLeaderHeard(context);
  repeatVotes(context, message.committed.index);
  repeatCommitVotes(context, message.committed.index);
  context.changed = true;
}

/**
 * Rules *expiry* and *progress*: whether a heartbeat resets the election timer. BFT: what this node itself holds tells whether
 * anything is pending, and a leader that lied, or that the application complains of, is not alive.
 */
function countsAsAlive(context: CoreContext, message: Heartbeat): boolean {
  const { timing } = context.options;
  const { leadership, log, incoming } = context;
  if (leadership === null || context.complaining || distrustsLeader(context)) return false;
  const isExpired = context.now >= expiryOf(context, leadership.adoptedAt);
  const last =
    context.crashModel === 'CFT'
      ? message.last.index
      : Math.max(log.tip.index, incoming.size > 0 ? log.committed.index + 1 : 0);
  const isPending = last > log.committed.index;
  if (!isPending) context.lastProgressAt = context.now;
  const isStuck = context.now - context.lastProgressAt > timing.progressTimeout;
  return !isExpired && !isStuck;
}

/** Rule *expiry*: when a proof adopted at this instant makes nodes pre-vote, with a grace of one long election. */
export function expiryOf(context: CoreContext, adoptedAt: number): number {
  const { proofExpiration, electionTimeoutMax } = context.options.timing;
  return adoptedAt + proofExpiration + electionTimeoutMax;
}

export function onHeartbeatAck(context: CoreContext, from: NodeId, message: HeartbeatAck): Done {
  const { leading, leadership, log } = context;
  const peer = context.peers.get(from);
  if (message.epoch !== context.epoch) return context.ignore('other-epoch');
  if (leading === null && !message.following) tellCommitted(context, from, message.committed);
  // One that has just come to this epoch missed the term-start.
  if (message.term < context.term && !message.following) return offerProof(context, from);
  if (leading === null || leadership === null || message.term !== context.term) {
    return context.ignore('stale-heartbeat-ack');
  }
  if (peer === undefined) return context.ignore('not-a-validator');
  peer.last = message.last;
  peer.committed = message.committed;
  if (!message.following) return offerProof(context, from);
  peer.followedAt = context.now;
  context.election.heard.delete(from);
  const { certificate } = log;
  if (certificate !== null && message.committed.index < log.committed.index) {
    context.send(from, { type: 'certificate', certificate });
  }
  if (context.now >= peer.repeatAt) repeatProposals(context, from, peer, message);
  repeatPrepareCertificate(context, from, message.last.index);
  context.changed = true;
}

/** A node that its leader does not reach, or leaves out, follows what is committed through the others. */
function tellCommitted(context: CoreContext, to: NodeId, known: EntryId): Done {
  const { certificate, committed } = context.log;
  if (certificate === null || known.index >= committed.index) return;
  context.send(to, { type: 'certificate', certificate });
}

/** Leader: its term-start, or what stands for it, to one that does not follow it. */
function offerProof(context: CoreContext, to: NodeId): Done {
  const { leading, leadership } = context;
  if (leading?.announced !== true || leadership === null) return context.ignore('not-leading');
  const { termStart } = leadership;
  if (termStart === null) sendRecertification(context, to);
  else context.send(to, proposalOf(context, termStart, leading.termStartVote));
}

/** Proposals above what the follower has stored, unless they are on their way; what is committed it fetches. */
function repeatProposals(
  context: CoreContext,
  to: NodeId,
  peer: Peer,
  message: HeartbeatAck,
): Done {
  const { log, leadership } = context;
  let from = Math.max(message.last.index, log.committed.index) + 1;
  if (!log.contains(message.last) && message.last.index > log.committed.index) {
    from = Math.max(leadership?.termStart?.index ?? 0, log.committed.index + 1);
  }
  const end = Math.min(log.syncedIndex, from + incomingWindow(context) - 1);
  const patience = 2 * context.options.timing.heartbeatInterval;
  let bytes = 0;
  for (let index = from; index <= end; index += 1) {
    const entry = log.get(index);
    if (entry?.term !== context.term || bytes > context.options.limits.maxFetchBytes) break;
    if (context.now - (context.proposedAt.get(index) ?? context.now) < patience) break;
    context.send(to, proposalOf(context, entry, context.ownVotes.get(index) ?? null));
    peer.repeatAt = context.now + patience;
    bytes += entry.payload.length;
  }
}

/** BFT: a proposal goes with its proposer's vote. */
export function proposalOf(
  context: CoreContext,
  entry: Entry,
  vote: Vote | null,
): Extract<Message, { type: 'propose' }> {
  if (context.crashModel === 'CFT' || vote === null) return { type: 'propose', entry };
  return { type: 'propose', entry, vote };
}

/**
 * BFT: the proposer's own prepare vote for the entry makes the proposal attributable; whoever proposes twice for one place is
 * convicted by the two votes.
 */
function isAttributed(
  context: CoreContext,
  { entry, vote }: Extract<Message, { type: 'propose' }>,
): boolean {
  if (context.crashModel === 'CFT') return true;
  if (vote === undefined || vote.phase !== 'prepare' || vote.voter !== entry.proposer) return false;
  if (vote.epoch !== entry.epoch || vote.term !== entry.term || vote.index !== entry.index) {
    return false;
  }
  if (vote.hash !== entry.hash) return false;
  if (context.misbehaviour.statements.knows(vote)) return true;
  if (!context.signer.verify(vote)) return false;
  noteStatement(context, vote);
  return true;
}

/** Rule *membership*: the first term-start of an epoch shows by what right it begins. */
function followToNextEpoch(context: CoreContext, from: NodeId, termStart: Entry): Done {
  const certificate = certificateIn(termStart);
  if (certificate?.index === termStart.index - 1 && certificate.epoch === context.epoch) {
    onCertificate(context, from, certificate);
  }
}

/** A proposal that arrived. */
export function onPropose(
  context: CoreContext,
  from: NodeId,
  message: Extract<Message, { type: 'propose' }>,
): Done {
  const { entry } = message;
  const { log } = context;
  if (entry.kind === 'term-start' && entry.epoch === context.epoch + 1) {
    followToNextEpoch(context, from, entry);
  }
  if (entry.epoch !== context.epoch) return context.ignore('other-epoch');
  if (context.leaderOf(entry.term) !== from || entry.proposer !== from) {
    return context.ignore('proposal-of-another');
  }
  if (entry.term < context.term) return context.ignore('stale-proposal');
  if (!isAttributed(context, message)) return context.ignore('unattributed-proposal');
  if (entry.kind === 'term-start') {
    if (!adoptTermStart(context, entry)) return;
  } else if (context.leadership?.term !== entry.term) {
    return context.ignore('unknown-leader');
  } else if (entry.payload.length > context.options.limits.maxPayloadBytes) {
    return context.ignore('payload-too-large');
  }
  if (entry.index <= log.committed.index || log.contains(entry)) {
    return context.ignore('proposal-known');
  }
  const above = Math.max(log.tip.index, context.leadership?.anchor.index ?? 0);
  if (entry.index > above + incomingWindow(context)) return context.ignore('proposal-far-ahead');
  // The waiting one may be at the application already.
  const waiting = context.incoming.get(entry.index);
  if (waiting?.hash === entry.hash) return context.ignore('proposal-known');
  // Only a liar has two for one place; the first stays.
  if (waiting !== undefined && context.crashModel === 'BFT') {
    return context.ignore('second-proposal');
  }
  context.incoming.set(entry.index, entry);
  context.changed = true;
}

/** Rule *step-down*: the instant at which a leader that hears no quorum stops leading. */
export function quorumLostAt(context: CoreContext): number {
  const { electionTimeout, electionJitter } = context.options.timing;
  const others = context.quorum - 1;
  if (others === 0) return Number.POSITIVE_INFINITY;
  const heard = context
    .otherValidators()
    .map((id) => context.peers.get(id)?.followedAt ?? 0)
    .sort((left, right) => right - left);
  return (heard[others - 1] ?? 0) + electionTimeout + electionJitter;
}
