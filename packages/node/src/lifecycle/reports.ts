/** Answers of the `mokka_*` methods, as JSON values. Bytes are hexadecimal with `0x`, ids and hashes of Mokka as they are. */
import type { CommitCertificate, Entry, LeaderProof } from 'mokka';

export function certificateReport(certificate: CommitCertificate): object {
  const { votes, ...fields } = certificate;
  return {
    ...fields,
    votes: votes.map(({ voter, signature }) => ({ voter, signature: hex(signature) })),
  };
}

export function leaderProofReport(proof: LeaderProof): object {
  return {
    epoch: proof.epoch,
    term: proof.term,
    votes: proof.votes.map(({ signature, ...vote }) => ({ ...vote, signature: hex(signature) })),
  };
}

/** The entry's fields; its payload only by length, since the block can be asked for. */
export function entryReport({ payload, ...entry }: Entry): object {
  return { ...entry, payloadBytes: payload.length };
}

function hex(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}
