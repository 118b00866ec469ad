/**
 * Rule *snapshot*: what proves an offered snapshot before anything of it is taken: a certificate of the right validators, an
 * unbroken chain of entries below what it names, and the snapshot's digest in the first of them.
 */
import type { CoreContext } from './context.ts';
import { isOfTerm, unproved } from './epoch-steps.ts';
import type { SnapshotOffer } from './snapshot-exchange.ts';
import type { EntryId } from './types.ts';
import { type ValidatorSet, verifyCertificate } from './verification.ts';

/** What is wrong with an offer. */
export type OfferFault =
  /** The manifest, the entries and the certificate do not name each other. */
  | 'offer-off-chain'
  /** The entry above does not name the state that the manifest names. */
  | 'offer-of-another-state'
  /** No quorum of valid votes of the validators of its epoch. */
  | 'offer-without-certificate';

/** Null when the offer is proved. */
export function faultOf(context: CoreContext, offer: SnapshotOffer): OfferFault | null {
  const { manifest, base, next, certificate } = offer;
  if (!isSame(manifest.entry, base)) return 'offer-off-chain';
  let parent: EntryId = base;
  for (const entry of next) {
    if (entry.index !== parent.index + 1 || entry.parentHash !== parent.hash) {
      return 'offer-off-chain';
    }
    parent = entry;
  }
  const [first] = next;
  const last = next[next.length - 1];
  if (first === undefined || last === undefined) return 'offer-off-chain';
  if (!isSame(certificate, last) || !isOfTerm(certificate, last)) return 'offer-off-chain';
  if (first.stateDigest !== manifest.stateDigest) return 'offer-of-another-state';
  const set = setFor(context, offer);
  if (set === null || !verifyCertificate(certificate, set, context.signer)) {
    return 'offer-without-certificate';
  }
  return null;
}

/**
 * Rule *membership*: the validators whose votes the certificate needs, found by stepping through the epochs from the present one;
 * null when an epoch between is not shown to have begun as it must.
 */
function setFor(context: CoreContext, offer: SnapshotOffer): ValidatorSet | null {
  const { base, next, certificate, memberships } = offer;
  const epochs = context.epochs.copy();
  if (memberships.some(({ entry }) => entry.index > base.index)) return null;
  if (unproved(epochs, memberships, context.signer) !== null) return null;
  const { present } = epochs;
  const endsEpoch = base.kind === 'membership' && present.since === base.index;
  if (base.epoch !== present.epoch - (endsEpoch ? 1 : 0)) return null;
  if (certificate.epoch !== present.epoch) return null;
  return next.every(({ epoch }) => epoch === present.epoch) ? present : null;
}

function isSame(left: EntryId, right: EntryId): boolean {
  return left.index === right.index && left.hash === right.hash;
}
