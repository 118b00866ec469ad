/** The network goes on while enough nodes can, and all of it comes back when all is healed. Rule *progress*. */
import { commitGaps } from '../report/availability.ts';
import type { Timeline } from '../timeline.ts';
import { type CheckResult, checkResult } from './check-result.ts';

export function checkProgress(timeline: Timeline, boundMs: number): CheckResult {
  const gaps = commitGaps(timeline);
  const violations = gaps
    .filter(({ from, to }) => to - from > boundMs)
    .map(
      ({ from, to, after }) =>
        `no commit from ${from} to ${to} ms while enough nodes were healthy (${after ?? 'before any fault'}); ${boundMs} ms are allowed`,
    );
  return checkResult('progress', `${gaps.length} times between commits`, violations);
}

export function checkRecovery(timeline: Timeline): CheckResult {
  const { from, to, error } = timeline.recovery;
  const violations = to === null ? [error ?? 'the nodes did not all take part again'] : [];
  const examined = to === null ? 'not recovered' : `recovered ${to - from} ms after the last fault`;
  return checkResult('recovery', examined, violations);
}
