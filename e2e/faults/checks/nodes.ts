/** How the nodes behaved: one leader a term, and no process that ended without a reason. */
import type { Timeline } from '../timeline.ts';
import { type CheckResult, checkResult } from './check-result.ts';

/** No node ever shows a lower height than before, whether or not it was restarted. Rule *durability*. */
export function checkMonotonicHeights(timeline: Timeline): CheckResult {
  const highest = new Map<number, number>();
  const violations: string[] = [];
  for (const { node, at, height } of timeline.samples) {
    const before = highest.get(node) ?? 0;
    if (height < before) {
      violations.push(`node ${node} showed height ${height} at ${at} ms, after ${before}`);
    }
    highest.set(node, Math.max(before, height));
  }
  return checkResult('monotonic-heights', `${timeline.samples.length} samples`, violations);
}

/** Rule *proof*: a term has one leader. */
export function checkOneLeaderPerTerm(timeline: Timeline): CheckResult {
  const leaders = new Map<number, number>();
  const violations = new Set<string>();
  for (const { role, term, node } of timeline.samples) {
    if (role !== 'leader') continue;
    const other = leaders.get(term) ?? node;
    if (other !== node) violations.add(`nodes ${other} and ${node} both lead in term ${term}`);
    leaders.set(term, other);
  }
  return checkResult('one-leader-per-term', `${leaders.size} terms`, [...violations]);
}

/** A node ends by itself only when it can not write, and then in good order. Rule *durability*. */
export function checkProcessEnds(timeline: Timeline): CheckResult {
  const violations = timeline.unaskedEnds.flatMap(
    ({ at, node, code, signal, diskWasFull, output }) => {
      if (diskWasFull && signal === null && code === EXIT_CODE_FAILURE) return [];
      // It was asked to stop before it had begun anything.
      if (signal === 'SIGTERM' && output === '') return [];
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const disk = diskWasFull ? 'with a full disk' : 'without a full disk';
      return [`node ${node} ended at ${at} ms by ${how} ${disk}: ${output.trim().slice(-500)}`];
    },
  );
  const examined = `${timeline.unaskedEnds.length} processes that ended by themselves`;
  return checkResult('process-ends', examined, violations);
}

/** What `praline node` exits with when it had to stop. */
const EXIT_CODE_FAILURE = 1;
