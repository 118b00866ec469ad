/**
 * Changing who belongs to the cluster. Rule *membership*. Any node takes an operator's request and forwards it to the leader, which
 * gathers signed readiness of every added validator and proposes the complete next member list as one entry.
 */
import { encodeMembership } from '../codec/membership-codec.ts';
import { giveUpDeadline, isApproved, isAskedByQuorum, noteAsking } from './approval.ts';
import type { CoreContext, Done } from './context.ts';
import type { Entry } from './entry.ts';
import type { EpochSet } from './epochs.ts';
import type { Input } from './input.ts';
import {
  addedValidators,
  changedMembers,
  invalidMembers,
  type Member,
  sameMembers,
} from './members.ts';
import { isReady, type ReadinessRules, readMembership } from './membership-rules.ts';
import type { MembershipRefusal, Message } from './message.ts';
import { openMembership } from './recertifying.ts';
import type { Readiness } from './statements.ts';
import type { Epoch, LogIndex, NodeId } from './types.ts';

export type MembershipErrorCode =
  /** It does not fit the present members, or leaves none that could vote. */
  | 'invalid-change'
  /** The leader is busy with another one; ask again when it is committed. */
  | 'change-under-way'
  /** An added validator is away, or too far behind. Only an observer that follows can be made a validator. */
  | 'not-ready'
  /** Another change was committed first. */
  | 'superseded'
  /** BFT: too few validators' operators asked for the same in time. */
  | 'not-approved'
  /** Nothing was heard in time. The change may still be committed. */
  | 'timed-out';

export type MembershipResult =
  | { readonly accepted: true; readonly epoch: Epoch; readonly index: LogIndex }
  | {
      readonly accepted: false;
      readonly code: MembershipErrorCode;
      readonly message: string;
    };

/** A change that was asked for at this node. */
export interface MembershipRequest {
  readonly request: number;
  readonly members: readonly Member[];
  readonly deadline: number;
  sentTo: NodeId | null;
  sendAt: number;
  /** BFT: the leader said so when it was asked last. */
  lacksApproval: boolean;
}

/** Leader: the change it prepares. */
export interface MembershipWork {
  readonly from: NodeId;
  readonly request: number;
  readonly members: readonly Member[];
  readonly added: readonly NodeId[];
  readonly readiness: Map<NodeId, Readiness>;
  readonly deadline: number;
  askAt: number;
}

export interface MembershipState {
  requests: MembershipRequest[];
  work: MembershipWork | null;
  /** What this node's operator asked for last. BFT: the only change that this node votes for. */
  approved: readonly Member[] | null;
  /** BFT, leader: what the validators' operators ask for, each while it goes on asking. */
  readonly asking: Map<NodeId, { readonly members: readonly Member[]; readonly until: number }>;
}

const MESSAGES: Readonly<Record<MembershipErrorCode, string>> = {
  'invalid-change': 'the change does not fit the present members',
  'change-under-way': 'another change of the members is under way',
  'not-ready': 'an added validator is away or has not caught up; add it as an observer first',
  superseded: 'another change of the members was committed first',
  'not-approved':
    'too few operators asked for the same change: it has to be proposed on a quorum of the validators',
  'timed-out': 'the change was not committed in time; it may still be',
};

const REFUSALS: Readonly<Record<MembershipRefusal, MembershipErrorCode>> = {
  invalid: 'invalid-change',
  'under-way': 'change-under-way',
  'not-ready': 'not-ready',
  'not-approved': 'not-approved',
};

/** An operator's request at this node. */
export function proposeMembership(
  context: CoreContext,
  { request, change, timeout }: Extract<Input, { type: 'propose-membership' }>,
): Done {
  const { membership, epochs } = context;
  const members = changedMembers(epochs.present.members, change);
  if (members === null || invalidMembers(members) !== null) {
    return finish(context, request, 'invalid-change');
  }
  membership.approved = members;
  const deadline = context.now + timeout;
  membership.requests.push({
    request,
    members,
    deadline,
    sentTo: null,
    sendAt: context.now,
    lacksApproval: false,
  });
  context.changed = true;
}

function finish(context: CoreContext, request: number, code: MembershipErrorCode): Done {
  const { membership } = context;
  membership.requests = membership.requests.filter((each) => each.request !== request);
  const result = { accepted: false, code, message: MESSAGES[code] } as const;
  context.emit({ type: 'membership-result', request, result });
}

/** Forwards requests to the leader, and as the leader works on one. */
export function driveMembership(context: CoreContext): Done {
  const { membership, now } = context;
  const leader = context.liveLeader;
  for (const request of [...membership.requests]) {
    if (now >= request.deadline) {
      finish(context, request.request, request.lacksApproval ? 'not-approved' : 'timed-out');
    } else if (leader !== null && (request.sentTo !== leader || now >= request.sendAt)) {
      request.sentTo = leader;
      request.lacksApproval = false;
      request.sendAt = now + context.options.timing.electionTimeout;
      const { members, request: number } = request;
      if (leader === context.self) takeRequest(context, leader, number, members);
      else {
        const { epoch } = context;
        context.send(leader, { type: 'membership-request', epoch, request: number, members });
      }
    }
  }
  if (context.leading === null) {
    membership.work = null;
    membership.asking.clear();
  } else if (membership.work !== null) gatherReadiness(context, membership.work);
}

/** When `driveMembership` has something to do by itself. */
export function membershipDeadline(context: CoreContext): number {
  const { requests, work } = context.membership;
  const mayResend = context.liveLeader !== null;
  let at = Number.POSITIVE_INFINITY;
  for (const { deadline, sendAt } of requests) {
    at = Math.min(at, deadline, mayResend ? sendAt : deadline);
  }
  at = Math.min(at, giveUpDeadline(context));
  if (work === null || context.leading === null) return at;
  return Math.min(at, work.deadline, isGathered(context, work) ? work.deadline : work.askAt);
}

/** Leader: somebody asks for a change. */
export function onMembershipRequest(
  context: CoreContext,
  from: NodeId,
  message: Extract<Message, { type: 'membership-request' }>,
): Done {
  if (context.leading === null) return context.ignore('not-leading');
  if (message.epoch !== context.epoch) return context.ignore('other-epoch');
  takeRequest(context, from, message.request, message.members);
}

function takeRequest(
  context: CoreContext,
  from: NodeId,
  request: number,
  members: readonly Member[],
): Done {
  const { membership, epochs, now, options } = context;
  const { present } = epochs;
  if (invalidMembers(members) !== null || sameMembers(members, present.members)) {
    return refuse(context, from, request, 'invalid');
  }
  noteAsking(context, from, members);
  const open = openMembership(context);
  const other = membership.work;
  if (open !== null || other !== null) {
    // The same change asked for again, or by another operator: whoever asked hears of its commit.
    const isSame = other !== null && sameMembers(other.members, members);
    const isProposed = open !== null && namesMembers(context, open, members);
    if (!isSame && !isProposed) refuse(context, from, request, 'under-way');
    return;
  }
  if (context.crashModel === 'BFT' && !isAskedByQuorum(context, members)) {
    return refuse(context, from, request, 'not-approved');
  }
  const added = addedValidators(present.members, members);
  if (added.some((id) => !present.members.some((member) => member.id === id))) {
    return refuse(context, from, request, 'not-ready');
  }
  membership.work = {
    from,
    request,
    members,
    added,
    readiness: new Map(),
    deadline: now + 2 * options.timing.electionTimeoutMax,
    askAt: now,
  };
  context.changed = true;
}

function namesMembers(context: CoreContext, entry: Entry, members: readonly Member[]): boolean {
  const payload = readMembership(entry, context.epochs.present, rulesOf(context));
  return typeof payload !== 'string' && sameMembers(payload.members, members);
}

function refuse(
  context: CoreContext,
  from: NodeId,
  request: number,
  code: MembershipRefusal,
): Done {
  if (from === context.self) endRequest(context, request, code);
  else context.send(from, { type: 'membership-refusal', request, code });
}

export function onMembershipRefusal(
  context: CoreContext,
  from: NodeId,
  { request, code }: Extract<Message, { type: 'membership-refusal' }>,
): Done {
  const asked = context.membership.requests.find((each) => each.request === request);
  if (asked === undefined || asked.sentTo !== from) return context.ignore('unasked-refusal');
  endRequest(context, request, code);
}

/** Too little approval is no end: the other operators may be about to ask. */
function endRequest(context: CoreContext, number: number, code: MembershipRefusal): Done {
  if (code !== 'not-approved') return finish(context, number, REFUSALS[code]);
  const request = context.membership.requests.find((each) => each.request === number);
  if (request !== undefined) request.lacksApproval = true;
}

function rulesOf(context: CoreContext): ReadinessRules {
  return {
    signer: context.signer,
    window: context.options.limits.readinessWindow,
    hashAt: (index) => context.log.hashAt(index),
  };
}

/** Whether readiness of every added validator still serves an entry on top of the log. */
function isGathered(context: CoreContext, work: MembershipWork): boolean {
  const { readinessWindow } = context.options.limits;
  const index = context.log.tip.index + 1;
  return work.added.every((id) => {
    const statement = work.readiness.get(id);
    return statement !== undefined && statement.index >= index - readinessWindow;
  });
}

function gatherReadiness(context: CoreContext, work: MembershipWork): Done {
  if (context.now >= work.deadline) {
    context.membership.work = null;
    return refuse(context, work.from, work.request, 'not-ready');
  }
  if (context.now < work.askAt || isGathered(context, work)) return;
  work.askAt = context.now + context.options.timing.heartbeatInterval;
  for (const id of work.added) {
    context.send(id, { type: 'readiness-request', epoch: context.epoch });
  }
}

/** A leader asks how far this node is: it says what is on its disk. */
export function onReadinessRequest(context: CoreContext, from: NodeId, epoch: Epoch): Done {
  const { log } = context;
  if (epoch !== context.epoch) return context.ignore('other-epoch');
  if (context.leadership?.leader !== from) return context.ignore('unknown-leader');
  const hash = log.hashAt(log.syncedIndex);
  if (hash === undefined) return;
  const readiness = context.signer.sign<Readiness>({
    type: 'readiness',
    epoch,
    member: context.self,
    index: log.syncedIndex,
    hash,
  });
  context.send(from, { type: 'readiness', readiness });
}

export function onReadiness(context: CoreContext, from: NodeId, statement: Readiness): Done {
  const { work } = context.membership;
  if (work === null || !work.added.includes(from)) return context.ignore('unasked-readiness');
  const place = { index: (context.log.tip.index + 1) as LogIndex, epoch: context.epoch };
  if (!isReady(statement, from, place, rulesOf(context))) return context.ignore('not-ready');
  work.readiness.set(from, statement);
  context.changed = true;
}

/** Leader: the payload of the membership entry to propose now, or null. */
export function takeMembershipPayload(context: CoreContext): Uint8Array | null {
  const { work } = context.membership;
  if (work === null || !isGathered(context, work)) return null;
  context.membership.work = null;
  const readiness = work.added.flatMap((id) => work.readiness.get(id) ?? []);
  return encodeMembership({ members: work.members, readiness });
}

/** Why this node does not vote for a membership entry, and whether its proposer is at fault; null when it does. */
export function refusalOfMembership(
  context: CoreContext,
  entry: Entry,
): { readonly reason: string; readonly isFault: boolean } | null {
  const payload = readMembership(entry, context.epochs.present, rulesOf(context));
  if (typeof payload === 'string') return { reason: payload, isFault: true };
  if (isApproved(context, entry, payload.members)) return null;
  return { reason: 'the operator of this node did not approve', isFault: false };
}

/** An epoch began: whoever asked for exactly this hears so, the others that they came too late. */
export function settleRequests(context: CoreContext, set: EpochSet): Done {
  const { membership } = context;
  const { epoch, since: index, members } = set;
  membership.work = null;
  membership.approved = null;
  membership.asking.clear();
  for (const { request, members: wanted } of [...membership.requests]) {
    if (sameMembers(wanted, members)) {
      const result = { accepted: true, epoch, index } as const;
      context.emit({ type: 'membership-result', request, result });
    } else finish(context, request, 'superseded');
  }
  membership.requests = [];
}
