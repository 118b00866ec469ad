/** Every check of a run, in the order of the report. */
import type { FinalState } from '../final-state.ts';
import type { History } from '../history.ts';
import type { LiarFindings } from '../liar/liar-findings.ts';
import type { Timeline } from '../timeline.ts';
import { checkAgreement } from './agreement.ts';
import { checkBalances } from './balances.ts';
import { type CheckResult, checkResult } from './check-result.ts';
import { checkCensoredAreMined, checkEvidence, checkLiarLeads, checkLies } from './liar.ts';
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

/** A censoring leader is voted out after some blocks, one that stalls after some seconds; then comes an election. */
const LIAR_LEADS_BOUND_MS = 30_000;
const CENSORED_BOUND_MS = 30_000;

export interface Evidence {
  readonly history: History;
  readonly timeline: Timeline;
  /** Null when the network did not recover, so that its state could not be read. */
  readonly final: FinalState | null;
  /** Null in a network without a liar. */
  readonly liar: LiarFindings | null;
}

export function checkAll({ history, timeline, final, liar }: Evidence): readonly CheckResult[] {
  const ofTimeline = [
    checkMonotonicReads(history),
    checkLinearizableReads(history),
    checkMonotonicHeights(timeline),
    checkOneLeaderPerTerm(timeline),
    checkProcessEnds(timeline),
    checkProgress(timeline, COMMIT_GAP_BOUND_MS),
    checkRecovery(timeline),
    ...(liar === null
      ? []
      : [
          checkLies(liar),
          checkEvidence(liar),
          checkLiarLeads(liar, timeline, LIAR_LEADS_BOUND_MS),
          checkCensoredAreMined(liar, history, timeline, CENSORED_BOUND_MS),
        ]),
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
