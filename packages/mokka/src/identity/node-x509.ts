/**
 * The certificate by which a node shows its key in TLS, and the reading of a peer's.
 *
 * It is self-signed by the node key itself and stands for that key only: names and dates in it mean nothing, so the
 * dates are open and a peer is judged by the raw public key.
 */
import 'reflect-metadata';
import { webcrypto, type X509Certificate } from 'node:crypto';
import { X509CertificateGenerator } from '@peculiar/x509';
import type { NodeId } from '../core/types.ts';
import { IdentityError } from './identity-error.ts';
import { nodeIdFromBytes } from './node-id.ts';
import type { NodeKey } from './node-key.ts';

/** A certificate and its private key in PEM, as `node:tls` takes them. `privateKeyPem` is secret. */
export interface TlsCredentials {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

const ALGORITHM = { name: 'Ed25519' };
const NOT_BEFORE = new Date('2000-01-01T00:00:00Z');
/** "No well-defined expiration date" of RFC 5280, section 4.1.2.5. */
const NOT_AFTER = new Date('9999-12-31T23:59:59Z');

/** Makes the self-signed certificate of a node key; the same key always gives the same certificate. */
export async function createTlsCredentials(key: NodeKey): Promise<TlsCredentials> {
  const privateKeyPem = key.revealPrivateKeyPem();
  const { subtle } = webcrypto;
  const privateKey = await subtle.importKey('pkcs8', pemBody(privateKeyPem), ALGORITHM, false, [
    'sign',
  ]);
  const publicKey = await subtle.importKey('raw', Buffer.from(key.id, 'hex'), ALGORITHM, true, [
    'verify',
  ]);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: '01',
      name: `CN=${key.id}`,
      notBefore: NOT_BEFORE,
      notAfter: NOT_AFTER,
      signingAlgorithm: ALGORITHM,
      keys: { privateKey, publicKey },
    },
    webcrypto,
  );
  return { certificatePem: certificate.toString('pem'), privateKeyPem };
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

function pemBody(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[A-Z ]+-----/g, ''), 'base64');
}
