/** Every check of a run, in the order of the report. */
import type { FinalState } from '../final-state.ts';
import type { History } from '../history.ts';
import type { Timeline } from '../timeline.ts';
import { checkAgreement } from './agreement.ts';
import { checkBalances } from './balances.ts';
import { type CheckResult, checkResult } from './check-result.ts';
import { checkLinearizableReads } from './linearizable-reads.ts';
import { checkMonotonicHeights, checkOneLeaderPerTerm, checkProcessEnds } from './nodes.ts';
import { checkProgress, checkRecovery } from './progress.ts';
import { checkMonotonicReads, checkReadsAreCommitted, checkReadYourWrites } from './reads.ts';
import {
  checkAcknowledged,
  checkAtMostOnce,
  checkNonces,
  checkRealTimeOrder,
} from './transactions.ts';

/** Milliseconds without a commit that are allowed while enough nodes are healthy: also on a busy machine. */
const COMMIT_GAP_BOUND_MS = 20_000;

export interface Evidence {
  readonly history: History;
  readonly timeline: Timeline;
  /** Null when the network did not recover, so that its state could not be read. */
  readonly final: FinalState | null;
}

export function checkAll({ history, timeline, final }: Evidence): readonly CheckResult[] {
  const ofTimeline = [
    checkMonotonicReads(history),
    checkLinearizableReads(history),
    checkMonotonicHeights(timeline),
    checkOneLeaderPerTerm(timeline),
    checkProcessEnds(timeline),
    checkProgress(timeline, COMMIT_GAP_BOUND_MS),
    checkRecovery(timeline),
  ];
  if (final === null) {
    const unread = 'the chains could not be read: the network did not recover';
    return [checkResult('final-state', 'no node', [unread]), ...ofTimeline];
  }
  return [
    checkAcknowledged(history, final),
    checkAtMostOnce(history, final),
    checkNonces(final),
    checkRealTimeOrder(history, final),
    checkAgreement(final),
    checkBalances(final),
    checkReadsAreCommitted(history, final),
    checkReadYourWrites(history, final),
    ...ofTimeline,
  ];
}
