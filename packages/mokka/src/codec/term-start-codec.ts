/**
 * What a term-start carries: the leader proof of its term, and directly above a membership entry also the certificate of
 * that entry, so that a node of the epoch before can verify that the next one began. Rule *membership*.
 */
import type { CommitCertificate, LeaderProof } from '../core/certificate.ts';
import type { Entry } from '../core/entry.ts';
import {
  certificateItem,
  encodeLeaderProof,
  leaderProofItems,
  readCommitCertificate,
  readLeaderProof,
} from './certificate-codec.ts';
import { DecodeError } from './decode-error.ts';
import { decodeItem, encodeItem, type FieldReader, integerItem, readFields } from './rlp.ts';

/** Stands before the certificate, so that it can not be taken for the one of the proof's anchor. */
const MEMBERSHIP_MARK = 1;

export interface TermStartPayload {
  readonly proof: LeaderProof;
  /** Names exactly the membership entry below; null above any other entry. */
  readonly certificate: CommitCertificate | null;
}

export function encodeTermStart({ proof, certificate }: TermStartPayload): Uint8Array {
  if (certificate === null) return encodeLeaderProof(proof);
  return encodeItem([
    ...leaderProofItems(proof),
    integerItem(MEMBERSHIP_MARK),
    certificateItem(certificate),
  ]);
}

/** Throws `DecodeError`. */
export function decodeTermStart(bytes: Uint8Array): TermStartPayload {
  return readFields(decodeItem(bytes), (fields) => ({
    proof: readLeaderProof(fields),
    certificate: fields.isAtEnd ? null : readMarked(fields),
  }));
}

function readMarked(fields: FieldReader): CommitCertificate {
  const mark = fields.integer();
  if (mark !== MEMBERSHIP_MARK) throw new DecodeError('unknown-type', `term-start part ${mark}`);
  return readCommitCertificate(fields.item());
}

/** The certificate of the membership entry below, if the term-start carries one that can be read. */
export function certificateIn(termStart: Entry): CommitCertificate | null {
  try {
    return decodeTermStart(termStart.payload).certificate;
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}
