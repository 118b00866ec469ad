/**
 * What a network with one Byzantine node owes its users while everybody else is healthy: the liar is found out, nobody else is
 * accused, it does not lead for long, and the senders that it censors are served all the same. Rules *signed*, *progress*.
 */
import { type History, transactionSpans } from '../history.ts';
import type { LiarFindings } from '../liar/liar-findings.ts';
import type { Span, Timeline } from '../timeline.ts';
import { type CheckResult, checkResult, skippedCheck } from './check-result.ts';

/** Different habits that a liar has shown in a run worth its name. */
const HABITS_LEAST = 8;

export function checkLies({ counts }: LiarFindings): CheckResult {
  const name = 'liar-lied';
  if (counts === null) return skippedCheck(name, 'this liar does not count its lies');
  const { lies, starts } = counts;
  const habits = Object.keys(lies);
  const total = Object.values(lies).reduce((sum, count) => sum + count, 0);
  const violations =
    habits.length < HABITS_LEAST
      ? [`it lied in ${habits.length} ways only (${habits.join(', ')})`]
      : [];
  return checkResult(
    name,
    `${total} lies of ${habits.length} kinds in ${starts} lives`,
    violations,
  );
}

/** Evidence is found, every proof names the liar, and the metric says as much. */
export function checkEvidence({ node: liar, evidence, counts }: LiarFindings): CheckResult {
  const violations = evidence.flatMap(({ node, offenders, counted }) => [
    ...offenders
      .filter((offender) => offender !== liar)
      .map((offender) => `node ${node} has evidence against node ${offender}`),
    ...(counted < offenders.length
      ? [`node ${node} has ${offenders.length} proofs, and its metric says ${counted}`]
      : []),
  ]);
  const found = evidence.map(({ offenders }) => offenders.length);
  const contradictions = counts?.lies['lies-about-locks'] ?? 0;
  if (contradictions >= CONTRADICTIONS_LEAST && !found.some((count) => count > 0)) {
    violations.push(
      `nobody convicted the liar, which lied about its locks ${contradictions} times`,
    );
  }
  return checkResult('evidence', `${found.join(', ')} proofs at the honest nodes`, violations);
}

/**
 * Term votes of one term with different locks, shown to nodes that relay them. Fewer may by chance be alike, or be of terms that nobody
 * compares any more. An equivocation convicts only where a node sees both sides of it.
 */
const CONTRADICTIONS_LEAST = 10;

/** A leader that leaves transactions out, proposes nothing, or equivocates is voted out, as long as enough others are healthy. */
export function checkLiarLeads(
  { node: liar }: LiarFindings,
  timeline: Timeline,
  boundMs: number,
): CheckResult {
  const terms = new Map<number, { from: number; to: number }>();
  for (const { at, term, leader } of timeline.samples) {
    if (leader !== liar) continue;
    const led = terms.get(term) ?? { from: at, to: at };
    terms.set(term, { from: Math.min(led.from, at), to: Math.max(led.to, at) });
  }
  const spans = [...terms].map(([term, span]) => ({ term, ms: longestHealthy(span, timeline) }));
  const longest = Math.max(0, ...spans.map(({ ms }) => ms));
  const violations = spans
    .filter(({ ms }) => ms > boundMs)
    .map(
      ({ term, ms }) =>
        `the liar led term ${term} for ${Math.round(ms)} ms with all others healthy; ${boundMs} ms are allowed`,
    );
  return checkResult(
    'liar-leads-briefly',
    `${terms.size} terms, the longest ${Math.round(longest)} ms`,
    violations,
  );
}

/** Every transaction of a censored sender is mined in time; one of several rivals with one nonce is enough. */
export function checkCensoredAreMined(
  { censored }: LiarFindings,
  history: History,
  timeline: Timeline,
  boundMs: number,
): CheckResult {
  const name = 'censored-are-mined';
  if (censored.length === 0) return skippedCheck(name, 'this liar is not known to censor anybody');
  const waits = new Map<string, { from: number; to: number }>();
  for (const { transaction, invokedAt, acknowledged } of transactionSpans(history).values()) {
    if (!censored.includes(transaction.account)) continue;
    const place = `${transaction.account} nonce ${transaction.nonce}`;
    const wait = waits.get(place) ?? { from: invokedAt, to: timeline.duration };
    const to = acknowledged?.at ?? timeline.duration;
    waits.set(place, { from: Math.min(wait.from, invokedAt), to: Math.min(wait.to, to) });
  }
  const healthy = [...waits].map(([place, wait]) => ({
    place,
    ms: longestHealthy(wait, timeline),
  }));
  const longest = Math.max(0, ...healthy.map(({ ms }) => ms));
  const violations = healthy
    .filter(({ ms }) => ms > boundMs)
    .map(
      ({ place, ms }) =>
        `${place} waited ${Math.round(ms)} ms with all honest nodes healthy; ${boundMs} ms are allowed`,
    );
  if (waits.size === 0) violations.push('no censored sender sent anything');
  return checkResult(
    name,
    `${waits.size} transactions, the longest waited ${Math.round(longest)} ms`,
    violations,
  );
}

/** The longest part of a span during which enough nodes were healthy without interruption. */
function longestHealthy({ from, to }: Span, timeline: Timeline): number {
  return Math.max(
    0,
    ...timeline.healthy.map((healthy) => Math.min(to, healthy.to) - Math.max(from, healthy.from)),
  );
}
