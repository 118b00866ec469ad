/** Encoding of certificates and leader proofs. Signatures are checked elsewhere. */
import type { Certificate, CommitCertificate, LeaderProof } from '../core/certificate.ts';
import { isCommitCertificate } from '../core/certificate.ts';
import type { NodeId } from '../core/types.ts';
import { DecodeError } from './decode-error.ts';
import {
  decodeItem,
  encodeItem,
  type FieldReader,
  hexItem,
  type Item,
  integerItem,
  readFields,
} from './rlp.ts';
import { phaseItem, readPhase, readStatementOf, statementItem } from './statement-codec.ts';

export function encodeCertificate(certificate: Certificate): Uint8Array {
  return encodeItem(certificateItem(certificate));
}

/**
 * Reads a commit certificate. Throws {@link DecodeError}. Voters are distinct and sorted; whether they are a quorum is not
 * checked here.
 */
export function decodeCertificate(bytes: Uint8Array): CommitCertificate {
  return readCommitCertificate(decodeItem(bytes));
}

/** As {@link decodeCertificate}, of either phase: what a lock can rest on. */
export function decodeLockCertificate(bytes: Uint8Array): Certificate {
  return readCertificate(decodeItem(bytes));
}

export function encodeLeaderProof(proof: LeaderProof): Uint8Array {
  return encodeItem(leaderProofItems(proof));
}

/** The anchor's certificate follows the votes, where there is one. */
export function leaderProofItems(proof: LeaderProof): Item[] {
  return [
    integerItem(proof.epoch),
    integerItem(proof.term),
    proof.votes.map(statementItem),
    ...(proof.anchorCertificate === undefined ? [] : [certificateItem(proof.anchorCertificate)]),
  ];
}

/** Throws {@link DecodeError}. Voters are distinct and sorted; whether they are a quorum is not checked here. */
export function decodeLeaderProof(bytes: Uint8Array): LeaderProof {
  return readFields(decodeItem(bytes), readLeaderProof);
}

export function readLeaderProof(fields: FieldReader): LeaderProof {
  const proof: LeaderProof = {
    epoch: fields.epoch(),
    term: fields.term(),
    votes: fields.list((item) => readStatementOf('term-vote', item)),
  };
  requireSorted(proof.votes.map((vote) => vote.voter));
  return fields.isAtList ? { ...proof, anchorCertificate: readCertificate(fields.item()) } : proof;
}

export function certificateItem(certificate: Certificate): Item {
  return [
    phaseItem(certificate.phase),
    integerItem(certificate.epoch),
    integerItem(certificate.term),
    integerItem(certificate.index),
    hexItem(certificate.hash),
    certificate.votes.map((vote) => [hexItem(vote.voter), vote.signature]),
  ];
}

export function readCommitCertificate(item: Item): CommitCertificate {
  const certificate = readCertificate(item);
  if (isCommitCertificate(certificate)) return certificate;
  throw new DecodeError('bad-field', 'not a commit certificate');
}

export function readCertificate(item: Item): Certificate {
  return readFields(item, (fields) => {
    const certificate: Certificate = {
      phase: readPhase(fields.integer()),
      epoch: fields.epoch(),
      term: fields.term(),
      index: fields.index(),
      hash: fields.hash(),
      votes: fields.list((vote) =>
        readFields(vote, (parts) => ({ voter: parts.nodeId(), signature: parts.signature() })),
      ),
    };
    requireSorted(certificate.votes.map((vote) => vote.voter));
    return certificate;
  });
}

function requireSorted(voters: readonly NodeId[]): void {
  for (let at = 1; at < voters.length; at += 1) {
    if ((voters[at - 1] ?? '') >= (voters[at] ?? '')) {
      throw new DecodeError('bad-field', 'voters are not distinct and sorted');
    }
  }
}
