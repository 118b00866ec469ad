/** What a leader proposes: its term-start once it stands on the anchor, then payloads, several in flight. Rule *vote*. */
import type { Proposal } from '../application.ts';
import { createEntry } from '../codec/entry-codec.ts';
import { encodeTermStart } from '../codec/term-start-codec.ts';
import type { CoreContext, Done } from './context.ts';
import type { Entry, EntryKind } from './entry.ts';
import { proposalOf } from './heartbeats.ts';
import { takeMembershipPayload } from './membership.ts';
import { openMembership, sendRecertification } from './recertifying.ts';
import type { Ticket } from './types.ts';
import { storeWithVote } from './voting.ts';

/** Proposes the term-start, or asks the application for the next payload. */
export function driveProposing(context: CoreContext): Done {
  const { leading, leadership, execution, log } = context;
  if (leading === null || leadership === null) return;
  const { cursor, digest } = execution;
  if (execution.request !== null || digest === null || cursor.hash !== log.tip.hash) return;
  // Rule *membership*: nothing follows a membership entry before its commit, which begins another epoch and ends this term.
  if (openMembership(context) !== null) return;
  if (leadership.termStart === null) {
    if (leadership.proof === null || cursor.hash !== leadership.anchor.hash) return;
    const { proof, anchor } = leadership;
    const { since, certificate } = context.epochs.present;
    const payload = encodeTermStart({
      proof,
      certificate: anchor.index === since ? certificate : null,
    });
    const timestamp = Math.max(context.unixTime, log.tip.timestamp);
    const entry = nextEntry(context, 'term-start', timestamp, { payload, stateDigest: digest });
    leadership.termStart = entry;
    storeWithVote(context, entry, true);
    return;
  }
  if (leading.transfer !== null || context.incoming.size > 0) return;
  const membership = takeMembershipPayload(context);
  if (membership !== null) {
    const timestamp = Math.max(context.unixTime, log.tip.timestamp);
    const fields = { payload: membership, stateDigest: digest };
    const entry = nextEntry(context, 'membership', timestamp, fields);
    context.incoming.set(entry.index, entry);
    context.changed = true;
    return;
  }
  if (!leading.pending) return;
  if (log.tip.index - log.committed.index >= context.options.limits.maxInFlight) return;
  const ticket = context.ticket();
  const timestamp = Math.max(context.unixTime, log.tip.timestamp);
  execution.request = { kind: 'prepare', ticket, timestamp };
  leading.pending = false;
  context.emit({
    type: 'prepare-proposal',
    ticket,
    parent: cursor,
    term: context.term,
    timestamp,
  });
}

export function onPrepared(context: CoreContext, ticket: Ticket, proposal: Proposal | null): Done {
  const { execution, leading, log } = context;
  const { request } = execution;
  if (request?.kind !== 'prepare' || request.ticket !== ticket || leading === null) {
    return context.ignore('stale-ticket');
  }
  execution.request = null;
  context.changed = true;
  if (proposal === null) return;
  leading.pending = true;
  if (proposal.payload.length > context.options.limits.maxPayloadBytes) {
    const message = `the application proposed ${proposal.payload.length} bytes; the limit is ${context.options.limits.maxPayloadBytes}`;
    leading.pending = false;
    return context.event({ type: 'error', code: 'payload-too-large', message });
  }
  // The digest an entry carries is its parent's; the one after the payload is learned when it is processed.
  const stateDigest = execution.digest;
  if (stateDigest === null || execution.cursor.hash !== log.tip.hash) return;
  const fields = { payload: proposal.payload, stateDigest };
  // The application judges it as it judges everybody's, before it is stored: what it refuses must not stand in the way.
  const entry = nextEntry(context, 'payload', request.timestamp, fields);
  context.incoming.set(entry.index, entry);
}

function nextEntry(
  context: CoreContext,
  kind: EntryKind,
  timestamp: number,
  fields: Pick<Entry, 'payload' | 'stateDigest'>,
): Entry {
  const { tip } = context.log;
  return createEntry({
    index: (tip.index + 1) as Entry['index'],
    term: context.term,
    epoch: context.epoch,
    parentHash: tip.hash,
    timestamp,
    proposer: context.self,
    kind,
    ...fields,
  });
}

/** An own entry is durable: it goes to all. */
export function onProposalSynced(context: CoreContext, entry: Entry): Done {
  const { leading } = context;
  if (leading === null || entry.epoch !== context.epoch) return;
  if (entry.term < context.term && sendRecertification(context, null)) {
    leading.announced = true;
    return;
  }
  if (entry.term !== context.term) return;
  if (entry.kind === 'term-start') leading.announced = true;
  context.proposedAt.set(entry.index, context.now);
  context.broadcast(proposalOf(context, entry, context.ownVotes.get(entry.index) ?? null));
}
