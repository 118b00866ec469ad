/**
 * Checks the signatures of certificates on the threads of the platform's pool, ahead of the entries' own checks, which ask for them one
 * after the other. What was not checked ahead is checked when it is asked for, so the verdict is the same.
 */
import {
  type ClusterId,
  type Ed25519Scheme,
  type NodeId,
  type SignatureScheme,
  type Statement,
  signingBytes,
} from 'mokka';
import { decodeCertificate } from 'mokka/certificates';
import type { LogRecord } from './log-source.ts';

/** Answers kept until they are asked for. */
const MAX_ANSWERS = 65_536;

interface Answer {
  readonly signer: NodeId;
  readonly bytes: Uint8Array;
  readonly isValid: boolean;
}

export class SignaturesAhead {
  readonly #clusterId: ClusterId;
  readonly #scheme: Ed25519Scheme;
  /** By signature. */
  readonly #answers = new Map<string, Answer>();

  constructor(clusterId: ClusterId, scheme: Ed25519Scheme) {
    this.#clusterId = clusterId;
    this.#scheme = scheme;
  }

  /** Resolves when the certificates of these are checked. Never rejects: what is no certificate is found where it is read. */
  async check(records: readonly LogRecord[]): Promise<void> {
    await Promise.all(
      records.flatMap(({ certificate }) =>
        certificate === null ? [] : votesOf(certificate).map((vote) => this.#check(vote)),
      ),
    );
  }

  /** As `Ed25519Scheme.verify`; an answer from ahead is given once. */
  readonly verify: SignatureScheme['verify'] = (signer, bytes, signature) => {
    const key = keyOf(signature);
    const answer = this.#answers.get(key);
    if (answer === undefined || answer.signer !== signer || !isSame(answer.bytes, bytes)) {
      return this.#scheme.verify(signer, bytes, signature);
    }
    this.#answers.delete(key);
    return answer.isValid;
  };

  async #check(vote: Extract<Statement, { type: 'vote' }>): Promise<void> {
    if (this.#answers.size >= MAX_ANSWERS) return;
    const bytes = signingBytes(this.#clusterId, vote);
    const isValid = await this.#scheme.verifyInPool(vote.voter, bytes, vote.signature);
    if (isValid !== null) {
      this.#answers.set(keyOf(vote.signature), { signer: vote.voter, bytes, isValid });
    }
  }
}

function votesOf(bytes: Uint8Array): Extract<Statement, { type: 'vote' }>[] {
  try {
    const { votes, ...place } = decodeCertificate(bytes);
    return votes.map((vote) => ({ type: 'vote', ...place, ...vote }));
  } catch {
    return [];
  }
}

function keyOf(signature: Uint8Array): string {
  return Buffer.from(signature.buffer, signature.byteOffset, signature.length).toString('latin1');
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return Buffer.compare(left, right) === 0;
}
