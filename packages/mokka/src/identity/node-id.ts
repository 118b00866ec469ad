/**
 * Node ids: Ed25519 public keys as 64 lower-case hexadecimal digits.
 *
 * Points of small order are refused, since one signature of theirs fits many messages and their owner could deny or
 * forge what it signed.
 */
import type { NodeId } from '../core/types.ts';
import { IdentityError } from './identity-error.ts';

/** Length of an Ed25519 public key in bytes. */
export const NODE_ID_BYTES = 32;

const NODE_ID_PATTERN = /^[0-9a-f]{64}$/;

/**
 * Encodings of the eight points of small order of Curve25519's Edwards form, canonical and not, without the sign
 * bit (RFC 8032, section 5.1.3: bit 255 is the sign of x).
 */
const SMALL_ORDER_ENCODINGS: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * Parses a node id as it stands in addresses and configuration.
 *
 * @throws {IdentityError} `invalid-node-id` unless it is 64 lower-case hexadecimal digits, `weak-node-id` for a
 * point of small order.
 */
export function parseNodeId(text: string): NodeId {
  if (!NODE_ID_PATTERN.test(text)) {
    throw new IdentityError(
      'invalid-node-id',
      `a node id is an Ed25519 public key of 64 lower-case hexadecimal digits, not ${describe(text)}`,
    );
  }
  const bytes = Buffer.from(text, 'hex');
  bytes[NODE_ID_BYTES - 1] = (bytes[NODE_ID_BYTES - 1] ?? 0) & 0x7f;
  if (SMALL_ORDER_ENCODINGS.has(bytes.toString('hex'))) {
    throw new IdentityError(
      'weak-node-id',
      `${text} is no usable public key (a point of small order): generate a new node key`,
    );
  }
  return text as NodeId;
}

/**
 * Node id of a raw public key.
 *
 * @throws {IdentityError} as {@link parseNodeId}.
 */
export function nodeIdFromBytes(publicKey: Uint8Array): NodeId {
  return parseNodeId(Buffer.from(publicKey).toString('hex'));
}

/** The raw public key, 32 bytes. */
export function nodeIdToBytes(id: NodeId): Uint8Array {
  return new Uint8Array(Buffer.from(id, 'hex'));
}

/** Quotes input for a message, shortened so that a large input can not fill a log. */
function describe(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  return `${JSON.stringify(shown)} (${text.length} characters)`;
}
