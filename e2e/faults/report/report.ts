/** What a run leaves behind: one object for machines, a page of text for people, a picture. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transactionSpans } from '../history.ts';
import type { RunResult } from '../run.ts';
import {
  availabilityByKind,
  commitGaps,
  type KindAvailability,
  longestGap,
} from './availability.ts';
import { drawTimeline } from './timeline-svg.ts';

export interface Report {
  readonly command: string;
  readonly out: string;
  readonly nodes: number;
  readonly crashModel: string;
  readonly seed: number;
  readonly minutes: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly checks: RunResult['checks'];
  readonly figures: Figures;
  readonly availability: readonly KindAvailability[];
}

interface Figures {
  readonly blocks: number;
  readonly terms: number;
  readonly faults: number;
  readonly transactions: number;
  readonly acknowledged: number;
  /** Transactions that some attempt left the client in doubt about. */
  readonly inDoubt: number;
  readonly attempts: number;
  readonly reads: number;
  /** Milliseconds without a commit while enough nodes were healthy. */
  readonly longestGapMs: number;
  readonly longestGapAfter: string;
  /** Part of the time of faults during which enough nodes were healthy. */
  readonly healthyShare: number;
  readonly recoveryMs: number | null;
}

export function makeReport(result: RunResult): Report {
  const { options, history, timeline, checks } = result;
  const count = (outcome: string): number =>
    checks.filter((check) => check.outcome === outcome).length;
  const spans = [...transactionSpans(history).values()];
  const longest = longestGap(commitGaps(timeline));
  const { recovery, disturbed } = timeline;
  const healthyMs = timeline.healthy.reduce(
    (sum, { from, to }) => sum + Math.max(0, Math.min(to, disturbed.to) - from),
    0,
  );
  return {
    command: commandOf(result),
    out: options.out,
    nodes: options.nodes,
    crashModel: options.crashModel,
    seed: options.seed,
    minutes: options.minutes,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    checks,
    figures: {
      blocks: timeline.heights.at(-1)?.height ?? 0,
      terms: Math.max(0, ...timeline.samples.map(({ term }) => term)),
      faults: timeline.faults.length,
      transactions: spans.length,
      acknowledged: spans.filter(({ acknowledged }) => acknowledged !== null).length,
      inDoubt: new Set(
        history.attempts.filter(({ outcome }) => outcome === 'unknown').map(({ hash }) => hash),
      ).size,
      attempts: history.attempts.length,
      reads: history.reads.length,
      longestGapMs: longest === undefined ? 0 : Math.round(longest.to - longest.from),
      longestGapAfter: longest?.after ?? 'no fault',
      healthyShare:
        Math.round((healthyMs / Math.max(1, disturbed.to - disturbed.from)) * 1000) / 1000,
      recoveryMs: recovery.to === null ? null : Math.round(recovery.to - recovery.from),
    },
    availability: availabilityByKind(timeline),
  };
}

/** Writes the report's folder; the history and the logs are there already. */
export function writeReport(result: RunResult, report: Report): void {
  const { out } = result.options;
  writeFileSync(join(out, 'report.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(out, 'summary.txt'), `${formatReport(report)}\n`);
  const { schedule, timeline } = result;
  writeFileSync(join(out, 'timeline.json'), JSON.stringify({ schedule, ...timeline }));
  writeFileSync(join(out, 'timeline.svg'), drawTimeline(result));
}

export function formatReport(report: Report): string {
  const { figures } = report;
  const lines = [
    `${report.nodes} nodes, ${report.crashModel}, ${report.minutes} min, seed ${report.seed}`,
    `${figures.faults} faults, ${figures.blocks} blocks, ${figures.terms} terms`,
    `${figures.acknowledged} of ${figures.transactions} transactions acknowledged (${figures.inDoubt} were in doubt), ${figures.attempts} attempts, ${figures.reads} reads`,
    `enough nodes were healthy for ${Math.round(figures.healthyShare * 100)} % of the time; longest time without a commit then: ${figures.longestGapMs} ms (${figures.longestGapAfter})`,
    figures.recoveryMs === null
      ? 'the network did not recover'
      : `all nodes took part again ${figures.recoveryMs} ms after the last fault`,
    '',
    `${'fault'.padEnd(14)}${'times'.padStart(6)}${'p50, ms'.padStart(10)}${'worst, ms'.padStart(12)}`,
    ...report.availability.map(
      ({ kind, episodes, p50Ms, worstMs }) =>
        `${kind.padEnd(14)}${String(episodes).padStart(6)}${String(p50Ms ?? '-').padStart(10)}${String(worstMs ?? '-').padStart(12)}`,
    ),
    '',
    ...report.checks.flatMap(({ name, outcome, examined, violations, violationCount }) => [
      `${outcome.padEnd(8)}${name.padEnd(22)}${examined}`,
      ...violations.map((violation) => `          ${violation}`),
      ...(violationCount > violations.length
        ? [`          and ${violationCount - violations.length} more`]
        : []),
    ]),
    '',
    `report: ${report.out}`,
    ...(report.failed === 0 ? [] : [`the same faults and operations again: ${report.command}`]),
    `${report.passed} passed, ${report.failed} failed${report.skipped > 0 ? `, ${report.skipped} skipped` : ''}`,
  ];
  return lines.join('\n');
}

function commandOf({ options }: RunResult): string {
  const { node, entry, isOurs } = options.liar ?? { node: 'none', entry: '', isOurs: true };
  const liar = ` --liar ${isOurs ? node : `${node}=${entry}`}`;
  return `npm run faults -- --minutes ${options.minutes} --nodes ${options.nodes} --mode ${options.crashModel} --seed ${options.seed}${liar}`;
}
