/**
 * From one epoch to the next. Rule *membership*: the next epoch begins, everywhere on its own, with the commit of a membership
 * entry by the set before it; nothing of the old epoch counts in the new one, not even its term.
 */
import { DecodeError } from '../codec/decode-error.ts';
import { decodeMembership } from '../codec/membership-codec.ts';
import type { CommitCertificate } from './certificate.ts';
import { type CoreContext, type Done, newPeer } from './context.ts';
import { resetElectionTimer } from './election.ts';
import type { Entry } from './entry.ts';
import { dropIncoming } from './execution.ts';
import { invalidMembers, type Member } from './members.ts';
import { settleRequests } from './membership.ts';
import type { Message } from './message.ts';
import type { Epoch, NodeId, Term } from './types.ts';

/** The membership entry was committed by this certificate, which names exactly it. */
export function beginEpoch(
  context: CoreContext,
  entry: Entry,
  certificate: CommitCertificate,
): Done {
  const members = readMembers(entry);
  if (members === null) {
    return context.halt(
      'conflicting-commit',
      `committed entry ${entry.index} names no members that an epoch could have`,
    );
  }
  const set = context.epochs.begin({ entry, members, certificate });
  leaveEpoch(context, entry.term);
  updatePeers(context);
  context.event({ type: 'epoch', epoch: set.epoch, index: entry.index, members });
  settleRequests(context, set);
  resetElectionTimer(context);
  // Nobody leads yet: the new set elects at once.
  if (context.isValidator) context.election.deadline = context.now;
  // Whoever brought this node here may know of a later epoch.
  if (context.aheadFrom !== null) tellPosition(context, context.aheadFrom);
  context.changed = true;
}

/** The members that an entry names; null when no epoch could have them. */
export function readMembers(entry: Entry): readonly Member[] | null {
  try {
    const { members } = decodeMembership(entry.payload);
    return invalidMembers(members) === null ? members : null;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return null;
  }
}

/**
 * Forgets whatever belongs to the epoch that ends. Terms go on from the membership entry's: a node that promised a later one in
 * the old epoch promised nothing in the new one.
 */
function leaveEpoch(context: CoreContext, term: Term): Done {
  const { election } = context;
  context.term = term;
  context.leading = null;
  context.leadership = null;
  context.candidacy = null;
  context.catchUp = null;
  context.ahead = null;
  context.termVote = null;
  context.syncedTermVote = null;
  context.lockSuperseded = false;
  context.binding = null;
  context.ledTerm = 0 as Term;
  context.tallies.clear();
  context.proposedAt.clear();
  context.ownVotes.clear();
  context.syncedVotes.clear();
  context.execution.refused = null;
  forgetPhases(context);
  election.leaderHeardAt = null;
  election.preVote = null;
  election.repeatAt = Number.POSITIVE_INFINITY;
  election.failedTerms = 0;
  election.yielded = 0 as Term;
  election.heard.clear();
  election.termVotes.clear();
  election.termVotesHeardAt.clear();
  election.lockCertificates.clear();
  dropIncoming(context);
}

/** BFT: the lock, the votes of both phases and the distrust of a leader end with the epoch. What convicts is kept. */
function forgetPhases(context: CoreContext): Done {
  const { preparation, misbehaviour } = context;
  preparation.certificate = null;
  preparation.awaited = null;
  preparation.commitVotes.clear();
  preparation.syncedCommitVotes.clear();
  preparation.tallies.clear();
  misbehaviour.statements.clear();
  misbehaviour.refused = null;
  context.complaining = false;
}

/** Brings the links in line with the members. */
export function updatePeers(context: CoreContext): Done {
  const addresses = context.peerAddresses();
  const wanted = new Set(addresses.map(({ id }) => id));
  for (const [id, peer] of context.peers) {
    if (wanted.has(id)) continue;
    context.peers.delete(id);
    if (peer.connected) context.event({ type: 'leave', peer: id });
  }
  for (const id of wanted) if (!context.peers.has(id)) context.peers.set(id, newPeer());
  context.emit({ type: 'peers', peers: addresses });
}

/**
 * A peer is in another epoch. One that is behind gets the certificate that ended its epoch, which it can verify and fetch up to. To
 * one that seems ahead this node tells where it is, which a liar gains nothing by: only a certificate moves a node on.
 */
export function noteEpoch(context: CoreContext, from: NodeId, message: Message): Done {
  const told = epochTold(message);
  if (told === null || told === context.epoch) return;
  if (told > context.epoch) return tellPosition(context, from);
  const ended = context.epochs.of((told + 1) as Epoch)?.certificate ?? null;
  if (ended !== null && !isEvidenceOnly(message)) {
    context.send(from, { type: 'certificate', certificate: ended });
  }
}

/** Votes may be late, relayed ones are another's: neither says where its sender is now. */
function isEvidenceOnly({ type }: Message): boolean {
  return type === 'vote' || type === 'term-vote' || type === 'certificate' || type === 'readiness';
}

function epochTold(message: Message): Epoch | null {
  switch (message.type) {
    case 'heartbeat':
    case 'heartbeat-ack':
    case 'membership-request':
    case 'readiness-request':
    case 'snapshot-request':
      return message.epoch;
    case 'pre-vote':
      return message.preVote.epoch;
    case 'term-vote':
      return message.termVote.epoch;
    case 'hand-over':
      return message.handOver.epoch;
    case 'yield':
      return message.yield.epoch;
    case 'propose':
      return message.entry.epoch;
    case 'recertify':
      return message.proof.epoch;
    case 'vote':
      return message.vote.epoch;
    case 'certificate':
      return message.certificate.epoch;
    case 'readiness':
      return message.readiness.epoch;
    case 'leader-alive':
    case 'fetch':
    case 'entries':
    case 'membership-refusal':
    case 'evidence':
    case 'read-index':
    case 'read-position':
    case 'snapshot-offer':
    case 'chunk-request':
    case 'chunk':
      return null;
  }
}

/** A node that is no validator: nobody but its leader would ever learn that it is behind. */
export function tellEveryone(context: CoreContext): Done {
  context.broadcast(positionOf(context));
}

/** Where this node is, in a message that asks for nothing. */
function tellPosition(context: CoreContext, to: NodeId): Done {
  context.send(to, positionOf(context));
}

function positionOf(context: CoreContext): Message {
  const { log } = context;
  return {
    type: 'heartbeat-ack',
    epoch: context.epoch,
    term: context.term,
    following: false,
    last: { index: log.tip.index, hash: log.tip.hash },
    committed: log.committed,
  };
}
