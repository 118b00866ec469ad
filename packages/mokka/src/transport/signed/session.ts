/**
 * Frames of one session: AES-256-GCM under a key per direction, numbered. A number that is not above the last one is refused,
 * so that a frame arrives at most once and never behind a later one.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Offer, SessionKeys } from './hello.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const AUTHENTICATION_BYTES = 16;
const TAG_BYTES = 8;
const COUNTER_BYTES = 8;
const HEADER_BYTES = TAG_BYTES + COUNTER_BYTES;
/** What sealing adds to a body: header, kind and authentication. */
const SEAL_OVERHEAD_BYTES = HEADER_BYTES + 1 + AUTHENTICATION_BYTES;

/** What is in a sealed frame. */
export const SEALED_KIND = { ping: 0, consensus: 1, application: 2, close: 3 } as const;

export interface OpenedFrame {
  readonly kind: number;
  readonly body: Uint8Array;
}

export class Session {
  /** The two keys that made it; offers are used once. */
  readonly ownOffer: Offer;
  readonly peerOffer: string;
  readonly #keys: SessionKeys;
  #sent = 0n;
  #received = 0n;

  constructor(ownOffer: Offer, peerOffer: string, keys: SessionKeys) {
    this.ownOffer = ownOffer;
    this.peerOffer = peerOffer;
    this.#keys = keys;
  }

  seal(kind: number, body: Uint8Array): Uint8Array {
    this.#sent += 1n;
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(this.#keys.tag, 'hex');
    header.writeBigUInt64BE(this.#sent, TAG_BYTES);
    const cipher = createCipheriv(CIPHER, this.#keys.send, nonceOf(this.#sent));
    cipher.setAAD(header);
    const sealed = [cipher.update(Uint8Array.of(kind)), cipher.update(body), cipher.final()];
    return Buffer.concat([header, ...sealed, cipher.getAuthTag()]);
  }

  /** Null for anything that the peer did not seal in this session, or that came before. */
  open(message: Uint8Array): OpenedFrame | null {
    if (message.length < SEAL_OVERHEAD_BYTES) return null;
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
    const header = bytes.subarray(0, HEADER_BYTES);
    const number = header.readBigUInt64BE(TAG_BYTES);
    if (header.toString('hex', 0, TAG_BYTES) !== this.#keys.tag) return null;
    if (number <= this.#received) return null;
    const decipher = createDecipheriv(CIPHER, this.#keys.receive, nonceOf(number));
    decipher.setAAD(header);
    decipher.setAuthTag(bytes.subarray(-AUTHENTICATION_BYTES));
    const plain = decipher.update(bytes.subarray(HEADER_BYTES, -AUTHENTICATION_BYTES));
    try {
      decipher.final();
    } catch {
      return null;
    }
    this.#received = number;
    return { kind: plain[0] ?? 0, body: new Uint8Array(plain.subarray(1)) };
  }
}

function nonceOf(number: bigint): Uint8Array {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64BE(number, NONCE_BYTES - COUNTER_BYTES);
  return nonce;
}
