/**
 * BFT: a change of the members needs the operators of a quorum of the validators. Rule *membership*. Each validator votes only for what
 * its own operator asked for; a leader proposes only what a quorum asks it for, and gives up what they do not prepare in time.
 */
import type { CoreContext, Done } from './context.ts';
import type { Entry } from './entry.ts';
import { stepDown } from './leadership.ts';
import { type Member, sameMembers } from './members.ts';
import { openMembership } from './recertifying.ts';
import type { NodeId } from './types.ts';

/** BFT: a leader proposes only what a quorum would vote for, since what it proposes stands in the way of all else. */
export function noteAsking(context: CoreContext, from: NodeId, members: readonly Member[]): Done {
  if (context.crashModel === 'CFT' || !context.validators.includes(from)) return;
  const until = context.now + 2 * context.options.timing.electionTimeout;
  context.membership.asking.set(from, { members, until });
}

export function isAskedByQuorum(context: CoreContext, members: readonly Member[]): boolean {
  const { asking } = context.membership;
  let count = 0;
  for (const { members: wanted, until } of asking.values()) {
    if (until > context.now && sameMembers(wanted, members)) count += 1;
  }
  return count >= context.quorum;
}

/**
 * BFT: one lying leader must not seat its friends, so each validator's operator has to ask for the same change. A leader that was
 * asked by a quorum does not stand in its way, and what a quorum has prepared is approved: operators may be gone by then.
 */
export function isApproved(
  context: CoreContext,
  entry: Entry,
  members: readonly Member[],
): boolean {
  if (context.crashModel === 'CFT') return true;
  const { membership, preparation, leadership } = context;
  const { approved, requests } = membership;
  if (approved !== null && sameMembers(approved, members)) return true;
  if (requests.some((request) => sameMembers(request.members, members))) return true;
  if (preparation.certificate?.hash === entry.hash) return true;
  if (leadership !== null && leadership.anchor.hash === entry.hash) return true;
  return context.leading !== null && isAskedByQuorum(context, members);
}

/** Leader: until when its membership entry has to be prepared. One that is prepared can not be given up by anybody. */
export function giveUpDeadline(context: CoreContext): number {
  const open = openMembership(context);
  const isOwn = open !== null && open.term === context.term && context.leading !== null;
  if (context.crashModel === 'CFT' || !isOwn) return Number.POSITIVE_INFINITY;
  if (context.preparation.certificate?.hash === open.hash) return Number.POSITIVE_INFINITY;
  const proposedAt = context.proposedAt.get(open.index);
  if (proposedAt === undefined) return Number.POSITIVE_INFINITY;
  return proposedAt + context.options.timing.progressTimeout;
}

/** Operators may change their minds, and nothing can follow the entry: the next leader begins below it. */
export function giveUpUnapproved(context: CoreContext): Done {
  if (context.now < giveUpDeadline(context)) return;
  context.ignore('membership-given-up');
  stepDown(context, context.now);
}
