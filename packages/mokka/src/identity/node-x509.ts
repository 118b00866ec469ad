/**
 * The certificate by which a node shows its key in TLS, and the reading of a peer's.
 *
 * It is self-signed by the node key itself and stands for that key only: names and dates in it mean nothing, so the
 * dates are open and a peer is judged by the raw public key.
 */
import type { X509Certificate } from 'node:crypto';
import type { NodeId } from '../core/types.ts';
import { IdentityError } from './identity-error.ts';
import { nodeIdFromBytes } from './node-id.ts';
import type { NodeKey } from './node-key.ts';

/** A certificate and its private key in PEM, as `node:tls` takes them. `privateKeyPem` is secret. */
export interface TlsCredentials {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** AlgorithmIdentifier of Ed25519 (RFC 8410, section 3). */
const ED25519 = Buffer.from('300506032b6570', 'hex');
/** Version 3 and serial number 1 (RFC 5280, section 4.1.2). */
const VERSION_AND_SERIAL = Buffer.from('a003020102020101', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
/** Tags of DER (X.690). */
const TAG = {
  bitString: 0x03,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
};
/** From 2000 to "no well-defined expiration date" of RFC 5280, section 4.1.2.5. */
const VALIDITY = der(
  TAG.sequence,
  der(TAG.utcTime, Buffer.from('000101000000Z')),
  der(TAG.generalizedTime, Buffer.from('99991231235959Z')),
);
const NO_UNUSED_BITS = Buffer.of(0);

/**
 * Makes the self-signed certificate of a node key; the same key always gives the same certificate. It is written out
 * here, since only one form is ever needed and a library for all forms was a fifth of a node's start.
 */
export function createTlsCredentials(key: NodeKey): TlsCredentials {
  const name = der(
    TAG.sequence,
    der(TAG.set, der(TAG.sequence, COMMON_NAME, der(TAG.utf8String, Buffer.from(key.id)))),
  );
  const publicKey = der(TAG.bitString, NO_UNUSED_BITS, Buffer.from(key.id, 'hex'));
  const signed = der(
    TAG.sequence,
    VERSION_AND_SERIAL,
    ED25519,
    name,
    VALIDITY,
    name,
    der(TAG.sequence, ED25519, publicKey),
  );
  const signature = der(TAG.bitString, NO_UNUSED_BITS, key.sign(signed));
  const certificate = der(TAG.sequence, signed, ED25519, signature);
  const lines = certificate.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    privateKeyPem: key.revealPrivateKeyPem(),
  };
}

/** One element of DER: tag, length, and the parts as its content. */
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length > 0xffff) throw new RangeError('longer than anything in a certificate');
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

/**
 * The node id a certificate stands for. That its owner holds the key is for TLS to establish.
 *
 * @throws {IdentityError} `invalid-certificate` when its key is not Ed25519, `weak-node-id` for an unusable key.
 */
export function nodeIdOfCertificate(certificate: X509Certificate): NodeId {
  const { publicKey } = certificate;
  if (publicKey.asymmetricKeyType !== 'ed25519') {
    throw new IdentityError(
      'invalid-certificate',
      `a node's certificate carries an Ed25519 key, not ${publicKey.asymmetricKeyType ?? 'an unknown one'}`,
    );
  }
  const { x } = publicKey.export({ format: 'jwk' });
  return nodeIdFromBytes(Buffer.from(x ?? '', 'base64url'));
}
