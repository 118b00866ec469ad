/** What one check found. A check that could not be made says why: it is never counted as passed. */
export interface CheckResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What was looked at: `412 acknowledged transactions`. */
  readonly examined: string;
  /** The first violations, in words. */
  readonly violations: readonly string[];
  readonly violationCount: number;
}

/** Violations told in full; the rest is counted. */
const TOLD_MAX = 20;

export function checkResult(
  name: string,
  examined: string,
  violations: readonly string[],
): CheckResult {
  return {
    name,
    outcome: violations.length === 0 ? 'passed' : 'failed',
    examined,
    violations: violations.slice(0, TOLD_MAX),
    violationCount: violations.length,
  };
}

export function skippedCheck(name: string, reason: string): CheckResult {
  return { name, outcome: 'skipped', examined: reason, violations: [], violationCount: 0 };
}
