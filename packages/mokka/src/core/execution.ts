/**
 * What the application executes: one request at a time, in the order of the log. Uncommitted entries are executed before
 * they are voted for; committed ones are handed over once they are on disk.
 */
import type { ProposalVerdict } from '../application.ts';
import type { CommitCertificate } from './certificate.ts';
import type { CoreContext, Done } from './context.ts';
import type { Entry } from './entry.ts';
import { refusalOfMembership } from './membership.ts';
import { noteRefusal } from './misbehaviour.ts';
import { holdsExecution } from './snapshot-exchange.ts';
import type { EntryHash, EntryId, LogIndex, StateDigest, Ticket } from './types.ts';
import { acceptEntry, isAcceptable } from './voting.ts';

/** Asks for the execution of the next uncommitted entry: stored ones first, then the leader's proposals. */
export function driveProcessing(context: CoreContext): Done {
  const { execution, log } = context;
  if (execution.request !== null || execution.digest === null) return;
  if (holdsExecution(context.snapshots)) return;
  const { cursor } = execution;
  const next = cursor.index + 1;
  if (next <= log.committed.index) return;
  const entry = cursor.index < log.tip.index ? log.get(next) : context.incoming.get(next);
  if (entry === undefined || entry.hash === execution.refused) return;
  const isStored = cursor.index < log.tip.index;
  if (entry.parentHash !== cursor.hash) return;
  if (!isStored && !isAcceptable(context, entry)) return;
  if (entry.stateDigest !== execution.digest) {
    refuse(context, entry, 'the state after its parent has another digest');
    return;
  }
  if (entry.kind === 'membership') {
    const refusal = refusalOfMembership(context, entry);
    if (refusal !== null) return refuse(context, entry, refusal.reason, refusal.isFault);
  }
  const ticket = context.ticket();
  execution.request = { kind: 'process', ticket, entry };
  context.emit({ type: 'process-proposal', ticket, entry });
}

export function onProcessed(
  context: CoreContext,
  ticket: Ticket,
  hash: EntryHash,
  verdict: ProposalVerdict,
): Done {
  const { execution } = context;
  const { request } = execution;
  if (request?.kind !== 'process' || request.ticket !== ticket || request.entry.hash !== hash) {
    return context.ignore('stale-ticket');
  }
  const { entry } = request;
  execution.request = null;
  context.changed = true;
  // A certificate may have taken the application past this entry.
  if (execution.cursor.hash !== entry.parentHash) return;
  if (!verdict.accepted) {
    if (entry.index > context.log.committed.index) refuse(context, entry, verdict.reason);
    return;
  }
  const isIncoming = context.incoming.get(entry.index) === entry;
  if (isIncoming ? !isAcceptable(context, entry) : !context.log.contains(entry)) {
    if (isIncoming) context.incoming.delete(entry.index);
    rollBack(context, execution.cursor);
    return context.ignore('no-longer-acceptable');
  }
  execution.cursor = { index: entry.index, hash: entry.hash };
  execution.digest = verdict.stateDigest;
  execution.digests.set(entry.index, verdict.stateDigest);
  if (isIncoming) acceptEntry(context, entry);
}

/** A refused proposal may come again with the leader's next repetition; a refused stored entry waits. */
function refuse(context: CoreContext, entry: Entry, reason: string, isFault = true): Done {
  const { execution } = context;
  const message = `entry ${entry.index} of term ${entry.term} was refused: ${reason}`;
  if (execution.reported !== entry.hash) {
    context.event({ type: 'error', code: 'proposal-refused', message });
  }
  execution.reported = entry.hash;
  if (context.incoming.get(entry.index) !== entry) {
    execution.refused = entry.hash;
    return;
  }
  context.incoming.delete(entry.index);
  if (isFault) noteRefusal(context, entry);
  if (entry.proposer !== context.self || context.leading === null) return;
  context.leading.pending = false;
  context.leading.refusedOwn = true;
}

/** Forgets the present leader's proposals that were not accepted; the application forgets the one it may be at. */
export function dropIncoming(context: CoreContext): Done {
  const { execution } = context;
  context.incoming.clear();
  const { request } = execution;
  if (request === null) return;
  if (request.kind === 'prepare') {
    execution.request = null;
  } else if (!context.log.contains(request.entry)) {
    execution.request = null;
    rollBack(context, execution.cursor);
  }
}

/** Takes the application back after the log dropped entries above `to`. Called before the log is truncated. */
export function rollbackExecution(context: CoreContext, to: EntryId): Done {
  const { execution } = context;
  const { request } = execution;
  execution.refused = null;
  if (execution.cursor.index > to.index) {
    execution.cursor = to;
    execution.digest = execution.digests.get(to.index) ?? null;
    for (const index of execution.digests.keys()) {
      if (index > to.index) execution.digests.delete(index);
    }
    execution.request = null;
    rollBack(context, to);
  } else if (request?.kind === 'process' && request.entry.index > to.index) {
    execution.request = null;
    rollBack(context, execution.cursor);
  }
}

/** A snapshot that is becoming the application's state drops whatever it had accepted. */
function rollBack(context: CoreContext, to: EntryId): Done {
  if (context.snapshots.fetch?.phase === 'finishing') return;
  context.emit({ type: 'rollback', to });
}

/** Hands the next committed and synced entries to the application. */
export function driveApply(context: CoreContext): Done {
  const { execution, log } = context;
  if (execution.committing.length > 0 || execution.reading !== null) return;
  if (holdsExecution(context.snapshots)) return;
  const from = execution.applied + 1;
  const end = context.epochs.firstFrom(from)?.since ?? log.committed.index;
  const to = Math.min(log.committed.index, log.syncedIndex, end);
  if (from > to) return;
  const { maxFetchEntries, maxFetchBytes } = context.options.limits;
  const last = Math.min(to, from + maxFetchEntries - 1) as LogIndex;
  if (log.get(from) === undefined) {
    const ticket = context.ticket();
    execution.reading = ticket;
    context.emit({
      type: 'read-entries',
      ticket,
      from: from as LogIndex,
      to: last,
      maxBytes: maxFetchBytes,
    });
    return;
  }
  const entries: Entry[] = [];
  let bytes = 0;
  for (let index = from; index <= last; index += 1) {
    const entry = log.get(index);
    if (entry === undefined || (entries.length > 0 && bytes > maxFetchBytes)) break;
    entries.push(entry);
    bytes += entry.payload.length;
  }
  handOver(context, entries);
}

/** The disk answered for the feeder. */
export function onCommittedRead(context: CoreContext, entries: readonly Entry[]): Done {
  const { execution } = context;
  execution.reading = null;
  const first = entries[0];
  const last = entries[entries.length - 1];
  if (first?.index !== execution.applied + 1 || last === undefined) {
    return context.halt(
      'invariant',
      `storage holds no entry ${execution.applied + 1} although it is committed: the store is damaged`,
    );
  }
  handOver(context, entries);
}

function handOver(context: CoreContext, entries: readonly Entry[]): Done {
  const { execution, log } = context;
  const last = entries[entries.length - 1];
  const first = entries[0];
  // Rule *membership*: of the entries' own epoch, so that the application never knows of a later one than its state.
  const ended = first === undefined ? null : context.epochs.firstFrom(first.index);
  const certificate: CommitCertificate | null = ended?.certificate ?? log.certificate;
  if (first === undefined || last === undefined || certificate === null) return;
  const digest = execution.digests.get(execution.applied);
  if (digest !== undefined && first.stateDigest !== digest) {
    return haltOnDigest(context, execution.applied, digest, first.stateDigest);
  }
  forgetOvertaken(context, first, entries);
  execution.committing = entries;
  if (last.index > execution.cursor.index) {
    execution.cursor = { index: last.index, hash: last.hash };
    execution.digest = null;
  }
  context.emit({ type: 'commit', entries, certificate });
}

/** BFT: another proposal than the committed one may be at the application, which would accept it and then be given that one. */
function forgetOvertaken(context: CoreContext, first: Entry, entries: readonly Entry[]): Done {
  const { execution } = context;
  const { request } = execution;
  if (request?.kind !== 'process') return;
  const committed = entries[request.entry.index - first.index];
  if (committed === undefined || committed.hash === request.entry.hash) return;
  execution.request = null;
  rollBack(context, execution.cursor);
}

export function onApplied(context: CoreContext, index: LogIndex, stateDigest: StateDigest): Done {
  const { execution } = context;
  const { committing } = execution;
  const last = committing[committing.length - 1];
  if (last?.index !== index) return context.ignore('stale-applied');
  execution.committing = [];
  execution.applied = index;
  for (const entry of committing) context.event({ type: 'log_ack', entry });
  const accepted = execution.digests.get(index) ?? stateDigest;
  if (accepted !== stateDigest) return haltOnDigest(context, index, stateDigest, accepted);
  for (const known of execution.digests.keys()) {
    if (known < index) execution.digests.delete(known);
  }
  execution.digests.set(index, stateDigest);
  if (execution.cursor.index === index) execution.digest = stateDigest;
  context.changed = true;
}

/** A committed entry names another state than the application has: nothing it answers can be trusted. */
function haltOnDigest(
  context: CoreContext,
  index: LogIndex,
  actual: StateDigest,
  expected: StateDigest,
): Done {
  context.halt(
    'state-digest-mismatch',
    `after entry ${index} the application's state is ${actual} and not ${expected}: ` +
      'its state is damaged, or nodes run different versions',
  );
}
