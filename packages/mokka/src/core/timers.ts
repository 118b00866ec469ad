/** Every instant at which a core does something by itself. Nothing is polled: `nextDeadline` is the earliest of them. */
import { yieldTerm } from './candidacy.ts';
import type { CoreContext } from './context.ts';
import { certificateDeadline, flushCertificates } from './durability.ts';
import { electionTimeout, onElectionTimeout, repeatElection } from './election.ts';
import { beginTransfer, endTransfer } from './hand-over.ts';
import { expiryOf, quorumLostAt, sendHeartbeats } from './heartbeats.ts';
import { stepDown } from './leadership.ts';
import { membershipDeadline } from './membership.ts';
import { readIndexDeadline, repeatReadIndex } from './read-index.ts';
import { snapshotDeadline } from './snapshot-fetch.ts';

interface Timer {
  /** Monotonic ms; infinity when it is off. */
  readonly at: number;
  /** Must move `at` into the future or switch the timer off. */
  fire(): void;
}

function timers(context: CoreContext): Timer[] {
  const { election, leading, candidacy, catchUp, leadership } = context;
  const off = Number.POSITIVE_INFINITY;
  const all: Timer[] = [
    { at: election.deadline, fire: () => onElectionTimeout(context) },
    { at: election.repeatAt, fire: () => repeatElection(context) },
    { at: certificateDeadline(context), fire: () => flushCertificates(context) },
    { at: readIndexDeadline(context), fire: () => repeatReadIndex(context) },
    // Driven on every step, as catching up; here only as a deadline.
    { at: snapshotDeadline(context), fire: () => undefined },
    // Driven by `driveCatchUp` on every step; here only as a deadline.
    { at: catchUp?.retryAt ?? off, fire: () => undefined },
    // Driven by `driveMembership`, likewise.
    { at: membershipDeadline(context), fire: () => undefined },
  ];
  if (candidacy !== null) {
    const { fallbackAt } = candidacy;
    all.push({ at: candidacy.deadline, fire: () => yieldTerm(context) });
    if (context.now < fallbackAt) all.push({ at: fallbackAt, fire: () => undefined });
  }
  if (leading !== null) {
    all.push({ at: leading.heartbeatAt, fire: () => sendHeartbeats(context) });
    all.push({
      at: quorumLostAt(context),
      fire: () => stepDown(context, context.now + electionTimeout(context)),
    });
    if (leading.transfer !== null) {
      all.push({ at: leading.transfer.deadline, fire: () => endTransfer(context) });
    }
    all.push({ at: leading.handOverAt, fire: () => renew(context) });
    if (leadership !== null && election.preVote === null) {
      // Rule *expiry*: an expired leader asks for a successor as everyone else does.
      const at = expiryOf(context, leadership.adoptedAt);
      all.push({ at, fire: () => onElectionTimeout(context) });
    }
  }
  return all;
}

/** Rule *expiry*: hands over before the proof expires; tries again while nobody is ready. */
function renew(context: CoreContext): void {
  const { leading, options } = context;
  if (leading === null) return;
  const { electionTimeoutMax, heartbeatInterval } = options.timing;
  leading.handOverAt = context.now + Math.max(electionTimeoutMax, heartbeatInterval);
  if (context.otherValidators().length > 0) beginTransfer(context, null);
}

export function runTimers(context: CoreContext): void {
  for (const timer of timers(context)) {
    if (timer.at <= context.now) timer.fire();
  }
}

export function nextDeadline(context: CoreContext): number | null {
  let earliest = Number.POSITIVE_INFINITY;
  for (const timer of timers(context)) earliest = Math.min(earliest, timer.at);
  return Number.isFinite(earliest) ? earliest : null;
}
