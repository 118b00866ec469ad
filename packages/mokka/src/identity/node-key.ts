/**
 * The secret key of a node.
 *
 * Its bytes sit in private fields, and every way in which an object is printed by accident (JSON, string conversion,
 * console, a logger's serializer) shows the public id only.
 */
import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { inspect } from 'node:util';

import type { NodeId, Signature } from '../core/types.ts';
import { IdentityError } from './identity-error.ts';
import { nodeIdFromBytes } from './node-id.ts';

/** Length of an Ed25519 seed (the secret key of RFC 8032) in bytes. */
export const SEED_BYTES = 32;

/** DER of a PKCS #8 Ed25519 private key up to its 32 bytes of seed (RFC 8410, section 7). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
/** Bytes of a DER SubjectPublicKeyInfo before the 32 bytes of an Ed25519 key (RFC 8410, section 4). */
const SPKI_PREFIX_BYTES = 12;

const SEED_PATTERN = /^[0-9a-f]{64}$/;

/** An Ed25519 key pair of a node. Made by {@link NodeKey.generate} or {@link NodeKey.fromSeedHex} only. */
export class NodeKey {
  /** Public key. */
  readonly id: NodeId;
  readonly #seed: Buffer;
  readonly #privateKey: KeyObject;

  private constructor(seed: Buffer) {
    this.#seed = seed;
    this.#privateKey = createPrivateKey({
      key: Buffer.concat([PKCS8_PREFIX, seed]),
      format: 'der',
      type: 'pkcs8',
    });
    const spki = createPublicKey(this.#privateKey).export({ format: 'der', type: 'spki' });
    this.id = nodeIdFromBytes(spki.subarray(SPKI_PREFIX_BYTES));
  }

  /** A new key from the operating system's random source. */
  static generate(): NodeKey {
    return new NodeKey(randomBytes(SEED_BYTES));
  }

  /**
   * The key of a seed as it is kept in a key file.
   *
   * @throws {IdentityError} `invalid-seed` unless it is 64 lower-case hexadecimal digits.
   */
  static fromSeedHex(seedHex: string): NodeKey {
    if (!SEED_PATTERN.test(seedHex)) {
      throw new IdentityError(
        'invalid-seed',
        `a node key is a seed of 64 lower-case hexadecimal digits; what was given has ${seedHex.length} characters ` +
          'or others than these digits (not shown, since it may be secret)',
      );
    }
    return new NodeKey(Buffer.from(seedHex, 'hex'));
  }

  /** Ed25519 (RFC 8032) signature over `bytes`. */
  sign(bytes: Uint8Array): Signature {
    return new Uint8Array(sign(null, bytes, this.#privateKey)) as Signature;
  }

  /** The secret, to be written to a key file with mode 0600 and nowhere else. */
  revealSeedHex(): string {
    return this.#seed.toString('hex');
  }

  /** The secret as PKCS #8 in PEM, for the TLS stack only. */
  revealPrivateKeyPem(): string {
    return this.#privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  }

  toString(): string {
    return `NodeKey(${this.id}, secret redacted)`;
  }

  toJSON(): { readonly id: NodeId; readonly secret: 'redacted' } {
    return { id: this.id, secret: 'redacted' };
  }

  [inspect.custom](): string {
    return this.toString();
  }
}
