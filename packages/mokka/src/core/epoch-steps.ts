/**
 * Rule *membership*: through the epochs by their membership entries alone, each proved by the validators before it. So a log is
 * judged that does not hold the entries between.
 */
import type { CommitCertificate } from './certificate.ts';
import type { Entry } from './entry.ts';
import { readMembers } from './epoch-change.ts';
import type { EpochHistory } from './epochs.ts';
import type { StatementSigner } from './signing.ts';
import type { CertifiedMembership } from './snapshot-exchange.ts';
import { verifyCertificate } from './verification.ts';

/** Begins the epochs of these one after the other, and answers the first that is not proved to begin one; null when all are. */
export function unproved(
  epochs: EpochHistory,
  memberships: readonly CertifiedMembership[],
  signer: StatementSigner,
): Entry | null {
  for (const { entry, certificate } of memberships) {
    const { present } = epochs;
    const members = entry.kind === 'membership' ? readMembers(entry) : null;
    const isNext = entry.epoch === present.epoch && entry.index > present.since;
    const isNamed = certificate.index === entry.index && certificate.hash === entry.hash;
    if (members === null || !isNext || !isNamed || !isOfTerm(certificate, entry)) return entry;
    if (!verifyCertificate(certificate, present, signer)) return entry;
    epochs.begin({ entry, members, certificate });
  }
  return null;
}

/** Rule *vote*: votes of a term are for entries of it, or for a membership entry certified again in place. */
export function isOfTerm(certificate: CommitCertificate, entry: Entry): boolean {
  if (certificate.term === entry.term) return true;
  return entry.kind === 'membership' && certificate.term > entry.term;
}
