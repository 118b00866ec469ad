/** Inputs, effects and messages in one short line each, for people who read a failing run. */
import type { Effect } from '../../core/effect.ts';
import type { Entry } from '../../core/entry.ts';
import type { CoreEvent } from '../../core/event.ts';
import type { Input } from '../../core/input.ts';
import type { Member } from '../../core/members.ts';
import type { Message } from '../../core/message.ts';
import { requestCount } from '../../core/request-numbers.ts';
import type { SnapshotOffer } from '../../core/snapshot-exchange.ts';
import type { Lock } from '../../core/statements.ts';
import type { EntryId, NodeId } from '../../core/types.ts';
import type { StorageOperation } from '../../storage/storage.ts';

/** Writes node ids as `n0`, `n1`, ... */
export class Formatter {
  readonly #names: ReadonlyMap<NodeId, string>;

  constructor(ids: readonly NodeId[]) {
    this.#names = new Map(ids.map((id, number) => [id, `n${number}`]));
  }

  name(id: NodeId | null): string {
    return id === null ? 'nobody' : (this.#names.get(id) ?? 'a stranger');
  }

  input(input: Input): string {
    switch (input.type) {
      case 'tick':
      case 'pending':
        return input.type;
      case 'message':
        return `from ${this.name(input.from)}: ${this.message(input.message)}`;
      case 'peer-connected':
      case 'peer-disconnected':
        return `${input.type} ${this.name(input.peer)}`;
      case 'persisted':
        return `persisted (${input.ticket})`;
      case 'entries-read':
        return `entries-read (${input.ticket}) ${entryRange(input.entries)}`;
      case 'proposal-prepared':
        return `proposal-prepared (${input.ticket}) ${input.proposal === null ? 'nothing' : 'payload'}`;
      case 'proposal-processed': {
        const { verdict } = input;
        const outcome = verdict.accepted ? 'accepted' : `refused: ${verdict.reason}`;
        return `proposal-processed (${input.ticket}) ${short(input.hash)} ${outcome}`;
      }
      case 'applied':
        return `applied ${input.index}`;
      case 'complaint':
        return `complaint ${input.active ? 'begins' : 'ends'}`;
      case 'read-index':
        return `read-index (${input.read})`;
      case 'snapshot-offered':
        return `snapshot-offered (${input.ticket}) ${offerText(input.offer)}`;
      case 'chunk-read':
        return `chunk-read (${input.ticket}) ${input.bytes?.length ?? 'nothing'}`;
      case 'restore-begun':
      case 'chunk-restored':
      case 'restored':
        return `${input.type} (${input.ticket}) ${input.result.ok ? 'done' : input.result.code}`;
      case 'transfer-leadership':
        return `transfer-leadership to ${this.name(input.to)}`;
      case 'propose-membership':
        return `propose-membership (${input.request}) ${input.change.type}`;
    }
  }

  effect(effect: Effect): string {
    switch (effect.type) {
      case 'send':
        return `send ${this.name(effect.to)}: ${this.message(effect.message)}`;
      case 'persist':
        return `persist (${effect.ticket}) ${effect.operations.map(operationText).join(', ')}`;
      case 'read-entries':
        return `read-entries (${effect.ticket}) ${effect.from}..${effect.to}`;
      case 'prepare-proposal':
        return `prepare-proposal (${effect.ticket}) on ${idText(effect.parent)}`;
      case 'process-proposal':
        return `process-proposal (${effect.ticket}) ${entryText(effect.entry)}`;
      case 'commit':
        return `commit ${entryRange(effect.entries)} by certificate of ${effect.certificate.index}`;
      case 'rollback':
        return `rollback to ${idText(effect.to)}`;
      case 'peers':
        return `peers ${effect.peers.map(({ id }) => this.name(id)).join(' ')}`;
      case 'membership-result':
        return `membership-result (${effect.request}) ${effect.result.accepted ? 'accepted' : effect.result.code}`;
      case 'read-current':
        return `read-current through (${effect.through}) at ${effect.index}`;
      case 'event':
        return `event ${this.#event(effect.event)}`;
      case 'offer-snapshot':
        return `offer-snapshot (${effect.ticket}) from ${effect.minimum}`;
      case 'read-chunk':
        return `read-chunk (${effect.ticket}) ${effect.chunk} of ${idText(effect.entry)}`;
      case 'begin-restore':
        return `begin-restore (${effect.ticket}) ${idText(effect.manifest.entry)}`;
      case 'restore-chunk':
        return `restore-chunk (${effect.ticket}) ${effect.chunk}`;
      case 'abandon-restore':
        return effect.type;
      case 'finish-restore':
        return `finish-restore (${effect.ticket})`;
      case 'halt':
        return `HALT ${effect.code}: ${effect.reason}`;
    }
  }

  #event(event: CoreEvent): string {
    switch (event.type) {
      case 'state':
        return `${event.role} in term ${event.term}, leader ${this.name(event.leader)}`;
      case 'join':
      case 'leave':
        return `${event.type} ${this.name(event.peer)}`;
      case 'heartbeat_timeout':
        return `heartbeat_timeout in term ${event.term}`;
      case 'log':
      case 'log_ack':
        return `${event.type} ${entryText(event.entry)}`;
      case 'snapshot':
        return `snapshot at ${idText(event.entry)}`;
      case 'evidence':
        return `evidence of a ${event.evidence.kind} by ${this.name(event.offender)}`;
      case 'epoch':
        return `epoch ${event.epoch} by entry ${event.index}: ${this.#members(event.members)}`;
      case 'error':
        return `error ${event.code}: ${event.message}`;
    }
  }

  #members(members: readonly Member[]): string {
    return members
      .map(({ id, role }) => (role === 'validator' ? this.name(id) : `(${this.name(id)})`))
      .join(' ');
  }

  message(message: Message): string {
    switch (message.type) {
      case 'heartbeat':
      case 'heartbeat-ack': {
        const following = message.type === 'heartbeat-ack' && !message.following ? ' no proof' : '';
        return `${message.type} e${message.epoch} t${message.term}${following} last ${idText(message.last)} committed ${idText(message.committed)}`;
      }
      case 'pre-vote': {
        const relayed = message.relayed
          .map((each) => `${each.type} t${each.term} of ${this.name(each.sender)}`)
          .join(', ');
        return `pre-vote t${message.preVote.term} of ${this.name(message.preVote.sender)}${relayed === '' ? '' : ` with ${relayed}`}`;
      }
      case 'leader-alive':
        return `leader-alive t${message.term}`;
      case 'term-vote': {
        const { term, voter, lock } = message.termVote;
        const reasons = message.justification.map((each) => each.type).join(', ');
        return `term-vote t${term} of ${this.name(voter)} lock ${lockText(lock)} because of ${reasons}`;
      }
      case 'hand-over':
        return `hand-over t${message.handOver.fromTerm} to t${message.handOver.toTerm}`;
      case 'yield':
        return `yield t${message.yield.term} of ${this.name(message.yield.sender)}`;
      case 'propose':
        return `propose ${entryText(message.entry)}`;
      case 'vote': {
        const { voter, term, index, hash, phase } = message.vote;
        return `${phase} vote of ${this.name(voter)} t${term} ${idText({ index, hash })}`;
      }
      case 'certificate': {
        const { term, index, hash, phase } = message.certificate;
        return `${phase} certificate t${term} ${idText({ index, hash })}`;
      }
      case 'evidence':
        return `evidence of a ${message.evidence.kind} by ${this.name(message.evidence.first.voter)}`;
      case 'read-index':
        return `read-index (${requestCount(message.request)})`;
      case 'read-position':
        return `read-position (${requestCount(message.request)}) ${lockText(message.lock)}`;
      case 'fetch':
        return `fetch (${requestCount(message.request)}) from ${message.from} to ${idText(message.tip)}`;
      case 'entries': {
        const certified = message.certificate?.index;
        const suffix = certified === undefined ? '' : ` with certificate of ${certified}`;
        return `entries (${requestCount(message.request)}) ${entryRange(message.entries)}${suffix}`;
      }
      case 'snapshot-request':
        return `snapshot-request (${message.request}) from ${message.from}`;
      case 'snapshot-offer':
        return `snapshot-offer (${message.request}) ${offerText(message.offer)}`;
      case 'chunk-request':
        return `chunk-request (${message.request}) ${message.chunk} of ${idText(message.entry)}`;
      case 'chunk':
        return `chunk (${message.request}) ${message.chunk}, ${message.bytes?.length ?? 'no'} bytes`;
      case 'recertify':
        return `recertify t${message.proof.term} ${entryText(message.entry)}`;
      case 'membership-request':
        return `membership-request (${message.request}) e${message.epoch} ${this.#members(message.members)}`;
      case 'membership-refusal':
        return `membership-refusal (${message.request}) ${message.code}`;
      case 'readiness-request':
        return `readiness-request e${message.epoch}`;
      case 'readiness':
        return `readiness of ${this.name(message.readiness.member)} ${idText(message.readiness)}`;
    }
  }
}

function short(hash: string): string {
  return hash.slice(0, 6);
}

function idText(id: EntryId): string {
  return id.index === 0 ? 'root' : `#${id.index}:${short(id.hash)}`;
}

function offerText(offer: SnapshotOffer | null): string {
  return offer === null ? 'nothing' : `at ${idText(offer.base)}`;
}

function lockText(lock: Lock): string {
  return `t${lock.term} ${idText(lock)}`;
}

function entryText(entry: Entry): string {
  const content = entry.kind === 'payload' ? ` [${Buffer.from(entry.payload).toString()}]` : '';
  return `${entry.kind}${content} t${entry.term} ${idText(entry)} on ${short(entry.parentHash)}`;
}

function entryRange(entries: readonly Entry[]): string {
  const first = entries[0];
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return 'none';
  return first === last ? idText(first) : `${idText(first)}..${idText(last)}`;
}

function operationText(operation: StorageOperation): string {
  switch (operation.type) {
    case 'put':
      return `${operation.table}[${operation.key}]`;
    case 'delete':
      return `delete ${operation.table}[${operation.key}]`;
    case 'delete-from':
      return `delete ${operation.table}[${operation.from}..]`;
    case 'delete-below':
      return `delete ${operation.table}[..${operation.below - 1}]`;
    case 'put-record':
      return operation.name;
    case 'delete-record':
      return `delete ${operation.name}`;
  }
}
