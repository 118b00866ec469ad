/**
 * Rule *lock*: what this node reports as the highest entry that may be committed.
 *
 * CFT: the last stored entry. BFT: the highest certified entry that is stored with all its ancestors and still in the log; a
 * commit certificate is as good as a prepare certificate, and a node that caught up has no other.
 */
import type { Certificate } from './certificate.ts';
import type { CoreContext, Done } from './context.ts';
import type { Lock, TermVote } from './statements.ts';
import type { EntryId, LogIndex, Term } from './types.ts';
import { compareLocks } from './verification.ts';

/** A lock and what it rests on; nothing in CFT and at the root. */
export interface OwnLock {
  readonly lock: Lock;
  readonly certificate: Certificate | null;
}

export function currentLock(context: CoreContext): OwnLock {
  const { log, preparation } = context;
  if (context.crashModel === 'CFT') return { lock: storedLock(context), certificate: null };
  // Rule *membership*: the certificate that ended the epoch before says nothing in this one.
  let highest: Certificate | null =
    log.certificate?.epoch === context.epoch ? log.certificate : null;
  const { certificate } = preparation;
  if (certificate !== null && (highest === null || compareLocks(certificate, highest) > 0)) {
    highest = certificate;
  }
  return { lock: highest === null ? rootLock(context) : lockOf(highest), certificate: highest };
}

function lockOf({ term, index, hash }: Lock): Lock {
  return { term, index, hash };
}

/** CFT: the last stored entry, at the term in which this node voted for it again if it did. Rule *membership*. */
function storedLock(context: CoreContext): Lock {
  const { tip } = context.log;
  const again = context.ownVotes.get(tip.index);
  const isAgain = again?.hash === tip.hash && again.term > tip.term;
  return { term: isAgain ? again.term : tip.term, index: tip.index, hash: tip.hash };
}

/** What every node begins its epoch with. */
function rootLock(context: CoreContext): Lock {
  const { root } = context.epochs.present;
  return root ?? { term: 0 as Term, index: 0 as LogIndex, hash: context.options.rootHash };
}

/** BFT: the log holds what a verified certificate names, so the lock rises to it. The next write takes it along. */
export function raiseLock(context: CoreContext, certificate: Certificate | undefined): Done {
  const { preparation, log } = context;
  if (context.crashModel === 'CFT' || certificate === undefined) return;
  const { certificate: known } = preparation;
  if (known !== null && compareLocks(certificate, known) <= 0) return;
  if (log.contains(certificate)) preparation.certificate = certificate;
}

/**
 * Entries above `to` are dropped: a certificate among them no longer counts. The transaction that drops them must store the lock
 * that is left, or a restarted node would report less than it has sent commit votes for; `persist` sees to that.
 */
export function dropLockAbove(context: CoreContext, to: EntryId): Done {
  const { preparation } = context;
  if ((preparation.certificate?.index ?? 0) > to.index) preparation.certificate = null;
}

/**
 * BFT: the valid certificate that the lock of a term vote rests on, `root` for the lock every node starts with, or null, which
 * voids the vote: a lock that is believed without it would let one liar steer the next leader.
 */
export function certificateUnder(
  context: CoreContext,
  { lock }: TermVote,
  shown: Certificate | undefined,
): Certificate | 'root' | null {
  const root = rootLock(context);
  if (lock.index <= root.index || lock.term === 0) {
    const isRoot = compareLocks(lock, root) === 0 && lock.hash === root.hash;
    return isRoot ? 'root' : null;
  }
  if (shown === undefined || !names(shown, lock)) return null;
  return context.certificates.verified(shown, context);
}

export function names(certificate: Certificate, lock: Lock): boolean {
  const { term, index, hash } = certificate;
  return term === lock.term && index === lock.index && hash === lock.hash;
}
