/**
 * Encoding of `PeerMessage`: canonical RLP behind one version byte, `[type, field ...]`.
 *
 * Decoding is strict and bounded, since a faulty member may send anything: what is not exactly what the encoder would
 * have written is refused with `PeerMessageError`, never half-read.
 */
import { RLP } from '@ethereumjs/rlp';
import type { NodeId, Role } from 'mokka';
import type { GossipedTransaction, PeerMessage, PeerStatus, RequestId } from './peer-message.ts';
import { hasMoreItems } from './rlp-items.ts';

/** First byte of every message. A node drops messages of other versions. */
export const PEER_MESSAGE_VERSION = 1;
/** Bytes of one message; below the transport's frame limit. */
const MAX_PEER_MESSAGE_BYTES = 1024 * 1024;
/** Transactions in one message. */
export const MAX_GOSSIPED_TRANSACTIONS = 512;
/** RLP items of one message: a full list of transactions, each with its request, and what is around it. */
const MAX_ITEMS = 3 * MAX_GOSSIPED_TRANSACTIONS + 16;
/** Bytes of one raw transaction, as in the mempool's own bound. */
export const MAX_RAW_TRANSACTION_BYTES = 256 * 1024;
/** Bytes of a request's JSON, and of a development operation. */
export const MAX_REQUEST_BYTES = 512 * 1024;
/** UTF-16 units of an error text that are sent, and the bytes they can take. */
const MAX_REASON_LENGTH = 1000;
const MAX_REASON_BYTES = 3 * MAX_REASON_LENGTH;
const REQUEST_ID_BYTES = 16;
const HASH_BYTES = 32;
const NODE_ID_BYTES = 32;
/** Scheme, a host name (RFC 1035) or an IPv6 address in brackets, a port. */
const MAX_RPC_URL_BYTES = 7 + 253 + 6;
const RPC_URL_PATTERN = /^https?:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[1-9][0-9]{0,4}$/;

const ROLES: readonly Role[] = ['leader', 'candidate', 'follower', 'observer'];
const TYPES = [
  'transactions',
  'sign',
  'signed',
  'mine',
  'mined',
  'refused',
  'status',
  'transfer',
  'develop',
] as const;

/** The sender broke the format; its message is dropped. */
export class PeerMessageError extends Error {
  override readonly name = 'PeerMessageError';
  readonly code = 'malformed-peer-message';
}

type Item = Uint8Array | readonly Item[];

/** Throws `RangeError` for a message beyond the bounds, which is a fault of the caller. */
export function encodePeerMessage(message: PeerMessage): Uint8Array {
  const body = RLP.encode([TYPES.indexOf(message.type), ...encodeFields(message)]);
  if (body.length + 1 > MAX_PEER_MESSAGE_BYTES) {
    throw new RangeError(`A ${message.type} message of ${body.length} bytes is too long`);
  }
  const bytes = new Uint8Array(body.length + 1);
  bytes[0] = PEER_MESSAGE_VERSION;
  bytes.set(body, 1);
  return bytes;
}

/** Throws `PeerMessageError`. */
export function decodePeerMessage(bytes: Uint8Array): PeerMessage {
  if (bytes.length > MAX_PEER_MESSAGE_BYTES) {
    throw new PeerMessageError(`${bytes.length} bytes are too long`);
  }
  if (bytes[0] !== PEER_MESSAGE_VERSION) {
    throw new PeerMessageError(`Unknown version ${bytes[0] ?? 'of nothing'}`);
  }
  const body = bytes.subarray(1);
  if (hasMoreItems(body, MAX_ITEMS)) {
    throw new PeerMessageError(`More than ${MAX_ITEMS} items`);
  }
  let item: Item;
  try {
    item = RLP.decode(body) as Item;
  } catch (error) {
    throw new PeerMessageError('Not canonical RLP', { cause: error });
  }
  const [typeItem, ...fields] = listOf(item, 'message');
  const type = TYPES[numberOf(typeItem, 'type')];
  if (type === undefined) {
    throw new PeerMessageError('Unknown type');
  }
  return decodeFields(type, fields);
}

type EncodableItem = Uint8Array | number | EncodableItem[];

function encodeFields(message: PeerMessage): EncodableItem[] {
  switch (message.type) {
    case 'transactions':
      return [
        message.transactions.map(({ raw, requestId }) => [
          raw,
          requestId === null ? new Uint8Array() : Buffer.from(requestId, 'hex'),
        ]),
      ];
    case 'sign':
      return [Buffer.from(message.requestId, 'hex'), Buffer.from(message.request, 'utf8')];
    case 'signed':
      return [Buffer.from(message.requestId, 'hex'), message.raw];
    case 'mine':
      return [Buffer.from(message.requestId, 'hex')];
    case 'develop':
      return [Buffer.from(message.requestId, 'hex'), message.operation];
    case 'mined':
      return [Buffer.from(message.requestId, 'hex'), message.blockNumber];
    case 'refused':
      return [
        Buffer.from(message.requestId, 'hex'),
        Buffer.from(message.code, 'utf8'),
        Buffer.from(message.message.slice(0, MAX_REASON_LENGTH), 'utf8'),
      ];
    case 'transfer':
      return [message.to === null ? new Uint8Array() : Buffer.from(message.to, 'hex')];
    case 'status': {
      const { status } = message;
      return [
        ROLES.indexOf(status.role),
        status.term,
        status.appliedIndex,
        status.blockNumber,
        Buffer.from(status.blockHash.slice(2), 'hex'),
        status.pooled,
        Buffer.from(status.rpcUrl ?? '', 'utf8'),
      ];
    }
  }
}

function decodeFields(type: (typeof TYPES)[number], fields: readonly Item[]): PeerMessage {
  switch (type) {
    case 'transactions': {
      const [list] = exactly(fields, 1);
      const items = listOf(list, 'transactions');
      if (items.length === 0 || items.length > MAX_GOSSIPED_TRANSACTIONS) {
        throw new PeerMessageError(`${items.length} transactions in one message`);
      }
      return { type, transactions: items.map(gossipedTransactionOf) };
    }
    case 'sign': {
      const [id, request] = exactly(fields, 2);
      return { type, requestId: requestIdOf(id), request: textOf(request, MAX_REQUEST_BYTES) };
    }
    case 'signed': {
      const [id, raw] = exactly(fields, 2);
      return { type, requestId: requestIdOf(id), raw: rawOf(raw) };
    }
    case 'mine': {
      const [id] = exactly(fields, 1);
      return { type, requestId: requestIdOf(id) };
    }
    case 'develop': {
      const [id, operation] = exactly(fields, 2);
      const bytes = bytesOf(operation, 1, MAX_REQUEST_BYTES, 'operation');
      return { type, requestId: requestIdOf(id), operation: bytes };
    }
    case 'mined': {
      const [id, blockNumber] = exactly(fields, 2);
      return { type, requestId: requestIdOf(id), blockNumber: numberOf(blockNumber, 'block') };
    }
    case 'refused': {
      const [id, code, reason] = exactly(fields, 3);
      return {
        type,
        requestId: requestIdOf(id),
        code: textOf(code, MAX_REASON_BYTES),
        message: textOf(reason, MAX_REASON_BYTES),
      };
    }
    case 'transfer': {
      const [to] = exactly(fields, 1);
      const bytes = bytesOf(to, 0, NODE_ID_BYTES, 'node');
      return { type, to: bytes.length === 0 ? null : nodeIdOf(bytes) };
    }
    case 'status':
      return { type, status: statusOf(exactly(fields, 7)) };
  }
}

function statusOf(fields: readonly Item[]): PeerStatus {
  const [roleItem, term, appliedIndex, blockNumber, hash, pooled, rpcUrl] = fields;
  const role = ROLES[numberOf(roleItem, 'role')];
  if (role === undefined) {
    throw new PeerMessageError('Unknown role');
  }
  return {
    role,
    term: numberOf(term, 'term'),
    appliedIndex: numberOf(appliedIndex, 'index'),
    blockNumber: numberOf(blockNumber, 'block'),
    blockHash: `0x${Buffer.from(bytesOf(hash, HASH_BYTES, HASH_BYTES, 'hash')).toString('hex')}`,
    pooled: numberOf(pooled, 'pooled'),
    rpcUrl: rpcUrlOf(rpcUrl),
  };
}

/** Shown to operators, whose tools may ask there: nothing but a plain address of a host. */
function rpcUrlOf(item: Item | undefined): string | null {
  const text = textOf(item, MAX_RPC_URL_BYTES);
  if (text !== '' && !RPC_URL_PATTERN.test(text)) {
    throw new PeerMessageError('RPC address is not http://host:port or https://host:port');
  }
  return text === '' ? null : text;
}

function gossipedTransactionOf(item: Item): GossipedTransaction {
  const [raw, id] = exactly(listOf(item, 'transaction'), 2);
  const isAnonymous = id instanceof Uint8Array && id.length === 0;
  return { raw: rawOf(raw), requestId: isAnonymous ? null : requestIdOf(id) };
}

function exactly(fields: readonly Item[], count: number): readonly Item[] {
  if (fields.length !== count) {
    throw new PeerMessageError(`${fields.length} fields instead of ${count}`);
  }
  return fields;
}

function listOf(item: Item | undefined, what: string): readonly Item[] {
  if (item === undefined || item instanceof Uint8Array) {
    throw new PeerMessageError(`${what} is not a list`);
  }
  return item;
}

function bytesOf(item: Item | undefined, min: number, max: number, what: string): Uint8Array {
  if (!(item instanceof Uint8Array)) {
    throw new PeerMessageError(`${what} is not a string of bytes`);
  }
  if (item.length < min || item.length > max) {
    throw new PeerMessageError(`${what} has ${item.length} bytes`);
  }
  return item;
}

function numberOf(item: Item | undefined, what: string): number {
  const bytes = bytesOf(item, 0, 7, what);
  if (bytes[0] === 0) {
    throw new PeerMessageError(`${what} has leading zeros`);
  }
  let value = 0;
  for (const byte of bytes) {
    value = value * 256 + byte;
  }
  if (!Number.isSafeInteger(value)) {
    throw new PeerMessageError(`${what} is out of range`);
  }
  return value;
}

function textOf(item: Item | undefined, max: number): string {
  const bytes = bytesOf(item, 0, max, 'text');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new PeerMessageError('Text is not UTF-8', { cause: error });
  }
}

function rawOf(item: Item | undefined): Uint8Array {
  return bytesOf(item, 1, MAX_RAW_TRANSACTION_BYTES, 'transaction');
}

function nodeIdOf(bytes: Uint8Array): NodeId {
  if (bytes.length !== NODE_ID_BYTES) {
    throw new PeerMessageError(`node has ${bytes.length} bytes`);
  }
  return Buffer.from(bytes).toString('hex') as NodeId;
}

function requestIdOf(item: Item | undefined): RequestId {
  const bytes = bytesOf(item, REQUEST_ID_BYTES, REQUEST_ID_BYTES, 'request id');
  return Buffer.from(bytes).toString('hex') as RequestId;
}
