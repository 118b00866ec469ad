/** What must hold after every step. Always on: a node whose own state is wrong stops rather than votes. */
import type { CoreContext } from './context.ts';
import { currentLock } from './lock.ts';
import { compareLocks } from './verification.ts';

export function checkInvariants(context: CoreContext): void {
  const broken = brokenInvariant(context);
  if (broken !== null) context.halt('invariant', broken);
}

function brokenInvariant(context: CoreContext): string | null {
  const { log, execution, term, leadership, leading, candidacy, termVote, binding } = context;
  const { tip, committed } = log;
  const { lock } = currentLock(context);
  if (lock.term > term) return `the lock is of term ${lock.term}, above term ${term}`;
  if (lock.index > tip.index || log.conflicts(lock)) return 'the lock is not in the log';
  for (const vote of context.preparation.commitVotes.values()) {
    if (vote.term === term && compareLocks(vote, lock) > 0)
      return 'a commit vote is above the lock';
  }
  if (tip.term > term) return `the log's last entry is of term ${tip.term}, above term ${term}`;
  if (tip.index < committed.index) return 'the log ends below what is committed';
  if (log.syncedIndex > tip.index) return 'more is synced than the log holds';
  if (execution.applied > committed.index) return 'more is applied than is committed';
  if (execution.cursor.index > tip.index) return 'the application is past the log';
  if (termVote !== null && termVote.termVote.term > term) return 'the promise is above the term';
  if (binding !== null && binding.term > term) return 'the binding is above the term';
  if (leadership !== null && leadership.term !== term) return 'the leadership is of another term';
  if (leading !== null && leadership?.leader !== context.self) return 'leads without a proof';
  if (candidacy !== null && candidacy.term !== term) return 'the candidacy is of another term';
  if (candidacy !== null && leading !== null) return 'leads and stands as a candidate';
  if (log.get(tip.index - 1)?.kind === 'membership' && tip.index - 1 > committed.index) {
    return 'an entry follows an uncommitted membership entry';
  }
  if (leading !== null && !context.isValidator) return 'leads without being a validator';
  if (leading !== null && tip.index < (leadership?.anchor.index ?? 0)) {
    return 'the leader is below its anchor';
  }
  return null;
}
