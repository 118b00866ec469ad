/**
 * Signs as one node and checks what any node signed, with Ed25519 of the platform's crypto library.
 *
 * Parsed public keys are kept in a bounded cache: parsing costs about as much as a tenth of a verification, and the
 * members of a cluster are few.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { SignatureScheme } from '../core/statements.ts';
import type { NodeId, Signature } from '../core/types.ts';
import type { NodeKey } from './node-key.ts';

/** Length of an Ed25519 signature in bytes. */
export const SIGNATURE_BYTES = 64;
/** Public keys kept parsed; the oldest leaves first. */
export const PUBLIC_KEY_CACHE_MAX = 1024;

/** DER of a SubjectPublicKeyInfo up to the 32 bytes of an Ed25519 key (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export class Ed25519Scheme implements SignatureScheme {
  readonly #key: NodeKey;
  readonly #publicKeys = new Map<NodeId, KeyObject>();

  constructor(key: NodeKey) {
    this.#key = key;
  }

  sign(bytes: Uint8Array): Signature {
    return this.#key.sign(bytes);
  }

  /** False for a wrong signature, a wrong length and a key that is no point of the curve; never throws. */
  verify(signer: NodeId, bytes: Uint8Array, signature: Signature): boolean {
    if (signature.length !== SIGNATURE_BYTES) return false;
    return verify(null, bytes, this.#publicKey(signer), signature);
  }

  /** As `verify`, on a thread of the platform's pool. Null when that can not tell: ask `verify` then. */
  verifyInPool(signer: NodeId, bytes: Uint8Array, signature: Uint8Array): Promise<boolean | null> {
    if (signature.length !== SIGNATURE_BYTES) return Promise.resolve(false);
    return new Promise((resolve) => {
      verify(null, bytes, this.#publicKey(signer), signature, (error, isValid) => {
        resolve(error === null ? isValid : null);
      });
    });
  }

  #publicKey(id: NodeId): KeyObject {
    const known = this.#publicKeys.get(id);
    if (known !== undefined) return known;
    const key = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, Buffer.from(id, 'hex')]),
      format: 'der',
      type: 'spki',
    });
    if (this.#publicKeys.size >= PUBLIC_KEY_CACHE_MAX) {
      const oldest = this.#publicKeys.keys().next();
      if (!oldest.done) this.#publicKeys.delete(oldest.value);
    }
    this.#publicKeys.set(id, key);
    return key;
  }
}
