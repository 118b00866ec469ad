/** Wire format of the consensus channel: one RLP list per frame, its first item the message's number. */
import {
  type Justification,
  MEMBERSHIP_REFUSALS,
  type MembershipRefusal,
  type Message,
} from '../core/message.ts';
import type { PreVote, Yield } from '../core/statements.ts';
import type { EntryId } from '../core/types.ts';
import {
  certificateItem,
  leaderProofItems,
  readCertificate,
  readCommitCertificate,
  readLeaderProof,
} from './certificate-codec.ts';
import { DecodeError } from './decode-error.ts';
import { decodeEntry, encodeEntry } from './entry-codec.ts';
import { evidenceItem, readEvidence } from './evidence-codec.ts';
import { memberItem, readMember } from './membership-codec.ts';
import {
  decodeItem,
  encodeItem,
  type FieldReader,
  hexItem,
  type Item,
  integerItem,
  readFields,
} from './rlp.ts';
import { offerItems, readChunkBytes, readChunkNumber, readOffer } from './snapshot-codec.ts';
import {
  lockItem,
  readLock,
  readStatement,
  readStatementOf,
  statementItem,
} from './statement-codec.ts';

const CODES: Readonly<Record<Message['type'], number>> = {
  heartbeat: 1,
  'heartbeat-ack': 2,
  'pre-vote': 3,
  'leader-alive': 4,
  'term-vote': 5,
  'hand-over': 6,
  yield: 7,
  propose: 8,
  vote: 9,
  certificate: 10,
  fetch: 11,
  entries: 12,
  // 16 up: what only BFT says.
  evidence: 16,
  // 32 up: changes of the members.
  recertify: 32,
  'membership-request': 33,
  'membership-refusal': 34,
  'readiness-request': 35,
  readiness: 36,
  'read-index': 13,
  'read-position': 14,
  // 48 up: snapshots.
  'snapshot-request': 48,
  'snapshot-offer': 49,
  'chunk-request': 50,
  chunk: 51,
};

export function encodeMessage(message: Message): Uint8Array {
  return encodeItem([integerItem(CODES[message.type]), ...bodyItems(message)]);
}

/**
 * Throws {@link DecodeError} for everything but the canonical encoding of a message. Signatures and hash links between
 * entries are not checked here.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  return readFields(decodeItem(bytes), readMessage);
}

function bodyItems(message: Message): Item[] {
  switch (message.type) {
    case 'heartbeat':
      return [
        integerItem(message.epoch),
        integerItem(message.term),
        entryIdItem(message.last),
        entryIdItem(message.committed),
      ];
    case 'heartbeat-ack':
      return [
        integerItem(message.epoch),
        integerItem(message.term),
        integerItem(message.following ? 1 : 0),
        entryIdItem(message.last),
        entryIdItem(message.committed),
      ];
    case 'pre-vote':
      return [statementItem(message.preVote), message.relayed.map(statementItem)];
    case 'leader-alive':
      return [integerItem(message.term)];
    case 'term-vote':
      return [
        statementItem(message.termVote),
        message.justification.map(statementItem),
        ...(message.lockCertificate === undefined
          ? []
          : [certificateItem(message.lockCertificate)]),
      ];
    case 'hand-over':
      return [statementItem(message.handOver)];
    case 'yield':
      return [statementItem(message.yield)];
    case 'propose':
      return [
        encodeEntry(message.entry),
        ...(message.vote === undefined ? [] : [statementItem(message.vote)]),
      ];
    case 'vote':
      return [statementItem(message.vote)];
    case 'certificate':
      return [certificateItem(message.certificate)];
    case 'evidence':
      return [evidenceItem(message.evidence)];
    case 'read-index':
      return [integerItem(message.request)];
    case 'read-position':
      return [integerItem(message.request), lockItem(message.lock)];
    case 'fetch':
      return [integerItem(message.request), integerItem(message.from), entryIdItem(message.tip)];
    case 'entries':
      return [
        integerItem(message.request),
        message.entries.map(encodeEntry),
        message.certificate === null ? [] : [certificateItem(message.certificate)],
        ...(message.lowest === undefined ? [] : [integerItem(message.lowest)]),
      ];
    case 'snapshot-request':
      return [integerItem(message.request), integerItem(message.from), integerItem(message.epoch)];
    case 'snapshot-offer':
      return [
        integerItem(message.request),
        message.offer === null ? [] : [offerItems(message.offer)],
      ];
    case 'chunk-request':
      return [integerItem(message.request), entryIdItem(message.entry), integerItem(message.chunk)];
    case 'chunk':
      return [
        integerItem(message.request),
        integerItem(message.chunk),
        message.bytes === null ? [] : [message.bytes],
      ];
    case 'recertify':
      return [leaderProofItems(message.proof), encodeEntry(message.entry)];
    case 'membership-request':
      return [
        integerItem(message.epoch),
        integerItem(message.request),
        message.members.map(memberItem),
      ];
    case 'membership-refusal':
      return [integerItem(message.request), integerItem(MEMBERSHIP_REFUSALS.indexOf(message.code))];
    case 'readiness-request':
      return [integerItem(message.epoch)];
    case 'readiness':
      return [statementItem(message.readiness)];
  }
}

function readMessage(fields: FieldReader): Message {
  const code = fields.integer();
  switch (code) {
    case CODES.heartbeat:
      return {
        type: 'heartbeat',
        epoch: fields.epoch(),
        term: fields.term(),
        last: readEntryId(fields.item()),
        committed: readEntryId(fields.item()),
      };
    case CODES['heartbeat-ack']:
      return {
        type: 'heartbeat-ack',
        epoch: fields.epoch(),
        term: fields.term(),
        following: fields.boolean(),
        last: readEntryId(fields.item()),
        committed: readEntryId(fields.item()),
      };
    case CODES['pre-vote']:
      return {
        type: 'pre-vote',
        preVote: readStatementOf('pre-vote', fields.item()),
        relayed: fields.list(readRelayed),
      };
    case CODES['leader-alive']:
      return { type: 'leader-alive', term: fields.term() };
    case CODES['term-vote']: {
      const message: Message = {
        type: 'term-vote',
        termVote: readStatementOf('term-vote', fields.item()),
        justification: fields.list(readJustification),
      };
      const lockCertificate = fields.trailing(readCertificate);
      return lockCertificate === undefined ? message : { ...message, lockCertificate };
    }
    case CODES['hand-over']:
      return { type: 'hand-over', handOver: readStatementOf('hand-over', fields.item()) };
    case CODES.yield:
      return { type: 'yield', yield: readStatementOf('yield', fields.item()) };
    case CODES.propose: {
      const entry = decodeEntry(fields.bytes());
      const vote = fields.trailing((item) => readStatementOf('vote', item));
      return vote === undefined ? { type: 'propose', entry } : { type: 'propose', entry, vote };
    }
    case CODES.vote:
      return { type: 'vote', vote: readStatementOf('vote', fields.item()) };
    case CODES.certificate:
      return { type: 'certificate', certificate: readCertificate(fields.item()) };
    case CODES.evidence:
      return { type: 'evidence', evidence: readEvidence(fields.item()) };
    case CODES.fetch:
      return {
        type: 'fetch',
        request: fields.integer(),
        from: fields.index(),
        tip: readEntryId(fields.item()),
      };
    case CODES['read-index']:
      return { type: 'read-index', request: fields.integer() };
    case CODES['read-position']:
      return {
        type: 'read-position',
        request: fields.integer(),
        lock: readFields(fields.item(), readLock),
      };
    case CODES.entries: {
      const message: Message = {
        type: 'entries',
        request: fields.integer(),
        entries: fields.list(readEncodedEntry),
        certificate: fields.optional(readCommitCertificate),
      };
      const lowest = fields.trailingIndex();
      return lowest === undefined ? message : { ...message, lowest };
    }
    case CODES['snapshot-request']:
      return {
        type: 'snapshot-request',
        request: fields.integer(),
        from: fields.index(),
        epoch: fields.epoch(),
      };
    case CODES['snapshot-offer']:
      return {
        type: 'snapshot-offer',
        request: fields.integer(),
        offer: fields.optional(readOffer),
      };
    case CODES['chunk-request']:
      return {
        type: 'chunk-request',
        request: fields.integer(),
        entry: readEntryId(fields.item()),
        chunk: readChunkNumber(fields),
      };
    case CODES.chunk:
      return {
        type: 'chunk',
        request: fields.integer(),
        chunk: readChunkNumber(fields),
        bytes: fields.optional(readChunkBytes),
      };
    case CODES.recertify:
      return {
        type: 'recertify',
        proof: readFields(fields.item(), readLeaderProof),
        entry: decodeEntry(fields.bytes()),
      };
    case CODES['membership-request']:
      return {
        type: 'membership-request',
        epoch: fields.epoch(),
        request: fields.integer(),
        members: fields.list(readMember),
      };
    case CODES['membership-refusal']:
      return {
        type: 'membership-refusal',
        request: fields.integer(),
        code: readRefusal(fields.integer()),
      };
    case CODES['readiness-request']:
      return { type: 'readiness-request', epoch: fields.epoch() };
    case CODES.readiness:
      return { type: 'readiness', readiness: readStatementOf('readiness', fields.item()) };
    default:
      throw new DecodeError('unknown-type', `message type ${code}`);
  }
}

function readEncodedEntry(item: Item) {
  if (!(item instanceof Uint8Array)) throw new DecodeError('wrong-shape', 'an entry is bytes');
  return decodeEntry(item);
}

function entryIdItem(id: EntryId): Item {
  return [integerItem(id.index), hexItem(id.hash)];
}

function readEntryId(item: Item): EntryId {
  return readFields(item, (fields) => ({ index: fields.index(), hash: fields.hash() }));
}

function readRelayed(item: Item): PreVote | Yield {
  const statement = readStatement(item);
  if (statement.type === 'pre-vote' || statement.type === 'yield') return statement;
  throw new DecodeError('wrong-shape', `${statement.type} is not relayed`);
}

function readJustification(item: Item): Justification {
  const statement = readStatement(item);
  if (statement.type === 'vote' || statement.type === 'readiness') {
    throw new DecodeError('wrong-shape', `a ${statement.type} justifies nothing`);
  }
  return statement;
}

function readRefusal(code: number): MembershipRefusal {
  const refusal = MEMBERSHIP_REFUSALS[code];
  if (refusal === undefined) throw new DecodeError('unknown-type', `membership refusal ${code}`);
  return refusal;
}
