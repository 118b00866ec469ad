/**
 * The handshake of two members. Each sends a signed hello with a fresh X25519 key, its *offer*, and the offer it has heard
 * from the other. A hello that names one's own offer was made after it, by the holder of the node key: both offers
 * together give the keys of a session. Old hellos, sent again by anyone, name old offers and change nothing.
 */
import {
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import {
  decodeItem,
  encodeItem,
  hexItem,
  integerItem,
  readFields,
  textItem,
} from '../../codec/rlp.ts';
import { toHex } from '../../core/bytes.ts';
import type { SignatureScheme } from '../../core/statements.ts';
import type { ClusterId, NodeId } from '../../core/types.ts';

const DOMAIN = textItem('mokka/1 hello');
/** DER of a SubjectPublicKeyInfo up to the 32 bytes of an X25519 key (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const KEY_BYTES = 32;
const TAG_BYTES = 8;

/** A key for one session to come. */
export interface Offer {
  /** Public key, 64 hexadecimal digits. */
  readonly id: string;
  readonly secret: KeyObject;
}

export interface Hello {
  readonly clusterId: ClusterId;
  readonly from: NodeId;
  readonly to: NodeId;
  readonly offer: string;
  /** The offer heard from the receiver; null before any was. */
  readonly heard: string | null;
  /** The sender has the session of these two offers already: no answer is needed. */
  readonly isEstablished: boolean;
}

export interface SessionKeys {
  /** Names the session, 16 hexadecimal digits. */
  readonly tag: string;
  readonly send: Uint8Array;
  readonly receive: Uint8Array;
}

export function createOffer(): Offer {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const der = publicKey.export({ format: 'der', type: 'spki' });
  return { id: toHex(der.subarray(SPKI_PREFIX.length)), secret: privateKey };
}

export function encodeHello(hello: Hello, signatures: SignatureScheme): Uint8Array {
  const fields = signedFields(hello);
  return encodeItem([...fields, signatures.sign(encodeItem(fields))]);
}

/**
 * Throws `DecodeError`; null for one that is not accepted, or whose signature is not of `from`. Signatures are checked of those
 * accepted only, since that is what costs.
 */
export function decodeHello(
  bytes: Uint8Array,
  signatures: SignatureScheme,
  accepts: (hello: Hello) => boolean,
): Hello | null {
  return readFields(decodeItem(bytes), (fields) => {
    const domain = fields.bytes();
    const hello: Hello = {
      clusterId: fields.clusterId(),
      from: fields.nodeId(),
      to: fields.nodeId(),
      offer: fields.hash(),
      heard: fields.optional((item) => readFields([item], (heard) => heard.hash())),
      isEstablished: fields.boolean(),
    };
    const signature = fields.signature();
    const isSigned =
      Buffer.compare(domain, DOMAIN) === 0 &&
      accepts(hello) &&
      signatures.verify(hello.from, encodeItem(signedFields(hello)), signature);
    return isSigned ? hello : null;
  });
}

/** Keys of the session of two offers; throws an `Error` of the platform when the peer's offer is no usable key. */
export function deriveKeys(
  clusterId: ClusterId,
  own: { readonly id: NodeId; readonly offer: Offer },
  peer: { readonly id: NodeId; readonly offer: string },
): SessionKeys {
  const peerKey = createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, Buffer.from(peer.offer, 'hex')]),
    format: 'der',
    type: 'spki',
  });
  const shared = diffieHellman({ privateKey: own.offer.secret, publicKey: peerKey });
  const salt = Buffer.from([own.offer.id, peer.offer].sort().join(''), 'hex');
  const derive = (use: string, length: number): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', shared, salt, `mokka/1 link ${clusterId} ${use}`, length));
  return {
    tag: toHex(derive('tag', TAG_BYTES)),
    send: derive(`${own.id} to ${peer.id}`, KEY_BYTES),
    receive: derive(`${peer.id} to ${own.id}`, KEY_BYTES),
  };
}

function signedFields(hello: Hello) {
  const { clusterId, from, to, offer, heard, isEstablished } = hello;
  return [
    DOMAIN,
    hexItem(clusterId),
    hexItem(from),
    hexItem(to),
    new Uint8Array(Buffer.from(offer, 'hex')),
    heard === null ? [] : [new Uint8Array(Buffer.from(heard, 'hex'))],
    integerItem(isEstablished ? 1 : 0),
  ];
}
