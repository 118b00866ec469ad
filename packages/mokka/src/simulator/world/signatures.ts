/**
 * Signatures of the virtual world: keyed digests instead of Ed25519, and a register of every signature ever made.
 *
 * The register lets checkers know, without decoding anything, who made a signature, over which bytes, and
 * whether it reached that node's disk.
 */
import type { SignatureScheme } from '../../core/statements.ts';
import type { NodeId, Signature } from '../../core/types.ts';
import { digestKey, digestOf, expandDigest, isExpansionOf } from './digest.ts';

/** Bytes of an Ed25519 signature. */
const SIGNATURE_BYTES = 64;

export interface SignatureRecord {
  /** Number of the key that made it. */
  readonly signer: number;
  readonly signature: Signature;
  /** Names the signed bytes. */
  readonly contentKey: string;
  /** Place in the order of everything that became durable on the signer's disk; 0 while it is not there. */
  durableAt: number;
}

export class SignatureRegister {
  readonly #records = new Map<string, SignatureRecord>();
  readonly #keys: ReadonlyMap<NodeId, number>;
  /** Told of each signature when it is made for the first time. */
  onSigned: (record: SignatureRecord) => void = () => {};

  constructor(keys: readonly NodeId[]) {
    this.#keys = new Map(keys.map((id, number) => [id, number]));
  }

  /** The scheme of one key. */
  scheme(node: number): SignatureScheme {
    return {
      sign: (bytes) => this.#sign(node, bytes),
      verify: (signer, bytes, signature) => this.#verify(signer, bytes, signature),
    };
  }

  lookUp(signature: Signature): SignatureRecord | undefined {
    return this.#records.get(signatureKey(signature));
  }

  #sign(node: number, bytes: Uint8Array): Signature {
    const signature = computeSignature(node, bytes);
    const key = signatureKey(signature);
    if (!this.#records.has(key)) {
      const contentKey = digestKey(digestOf(bytes, CONTENT_KEY));
      const record = { signer: node, signature, contentKey, durableAt: 0 };
      this.#records.set(key, record);
      this.onSigned(record);
    }
    return signature;
  }

  #verify(signer: NodeId, bytes: Uint8Array, signature: Signature): boolean {
    const node = this.#keys.get(signer);
    if (node === undefined || signature.length !== SIGNATURE_BYTES) return false;
    return isExpansionOf(signature, digestOf(bytes, FIRST_NODE_KEY + node));
  }
}

/** Digest key for the content of what is signed; keys of nodes start far above it. */
const CONTENT_KEY = 1;
const FIRST_NODE_KEY = 0x6b657930;

function computeSignature(node: number, bytes: Uint8Array): Signature {
  return expandDigest(digestOf(bytes, FIRST_NODE_KEY + node), SIGNATURE_BYTES) as Signature;
}

function signatureKey(signature: Signature): string {
  const word = (at: number): number => ((signature[at] ?? 0) << 8) | (signature[at + 1] ?? 0);
  return String.fromCharCode(
    ...[word(0), word(2), word(4), word(6), word(8), word(10), word(12), word(14)],
  );
}
