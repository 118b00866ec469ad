/** What the simulator prints: the summary, and everything needed to understand and replay a violation. */

import type { CrashModel } from '../../core/types.ts';
import { HABITS } from '../byzantine/habits.ts';
import { coreBinding } from '../core-binding.ts';
import { missingRules, ruleNames } from '../coverage/rules.ts';
import { simulate } from '../simulation.ts';
import { faultKinds, type Statistics } from '../statistics.ts';
import { createTrace } from '../trace/trace.ts';
import { clusterNames } from '../world/cluster.ts';
import type { BatchResult, Failure, Run } from './batch.ts';

/** Failing runs that are explained in full; more are only listed. */
const EXPLAINED_FAILURES = 3;
/** Last lines of the trace shown for a failing run. */
const SHOWN_LINES = 60;

const RULE_WIDTH = Math.max(...ruleNames.map((rule) => rule.length));

export interface Summary extends BatchResult {
  readonly crashModel: CrashModel;
  readonly nodes: readonly number[];
  readonly seeds: number;
  /** Wall-clock seconds. */
  readonly seconds: number;
}

function replayCommand(run: Run): string {
  const mode = run.crashModel === 'CFT' ? '' : ` --mode ${run.crashModel}`;
  return `npm run simulate -- --seed ${run.seed} --nodes ${run.nodes}${mode} --trace`;
}

export function summaryText(summary: Summary): string {
  const { statistics, runs, seconds, failures } = summary;
  const faults = faultKinds.map((kind) => `${kind} ${statistics.faults[kind]}`).join(', ');
  const lines = [
    `${runs} seeds in mode ${summary.crashModel} with ${summary.nodes} nodes in ${seconds.toFixed(1)} s (${(runs / seconds).toFixed(0)} seeds/s)`,
    `virtual time ${(statistics.virtualTime / 1000).toFixed(0)} s, ${statistics.steps} steps, ${statistics.messages} messages`,
    `${statistics.committed} entries committed, ${statistics.commands} commands applied, ${statistics.reads} reads confirmed, ${statistics.elections} elections, ${statistics.epochs} changes of the members`,
    `${statistics.snapshots} snapshots taken, longest recovery after healing ${statistics.recovery.toFixed(0)} ms`,
    `faults: ${faults}`,
    ...(summary.crashModel === 'BFT' ? [liesText(statistics)] : []),
    'how often each rule fired:',
    ...ruleNames.map((rule) => `  ${rule.padEnd(RULE_WIDTH)} ${statistics.rules[rule]}`),
    ...neverFired(summary),
    `${failures.length} violations`,
  ];
  return `${lines.join('\n')}\n`;
}

function liesText({ lies, convicted, twins }: Statistics): string {
  const counts = HABITS.map((habit) => `${habit} ${lies[habit]}`).join(', ');
  return `lies: ${counts}; ${twins} keys held by two machines; ${convicted} keys convicted`;
}

function neverFired(summary: Summary): string[] {
  const missing = missingRules(summary.statistics.rules, summary.crashModel, summary.nodes);
  return missing.length === 0 ? [] : [`never fired: ${missing.join('; ')}`];
}

export function summaryJson(summary: Summary): string {
  const { statistics, failures, runs, seeds, seconds } = summary;
  const violations = failures.map((failure) => ({ ...failure, replay: replayCommand(failure) }));
  const { virtualTime, recovery, ...counts } = statistics;
  return `${JSON.stringify({
    seeds,
    mode: summary.crashModel,
    nodes: summary.nodes,
    runs,
    seconds,
    seedsPerSecond: runs / seconds,
    virtualTimeMs: virtualTime,
    longestRecoveryMs: recovery,
    ...counts,
    neverFired: missingRules(statistics.rules, summary.crashModel, summary.nodes),
    violations,
  })}\n`;
}

/** A violation in one line, with how to see it again. */
export function failureLine(failure: Failure): string {
  return `VIOLATION ${failure.violation.message} (${replayCommand(failure)})`;
}

/** Runs a failing seed again, with a trace, and says what happened. */
export async function explainFailures(failures: readonly Failure[]): Promise<string> {
  let text = '';
  for (const failure of failures.slice(0, EXPLAINED_FAILURES)) text += await explain(failure);
  for (const failure of failures.slice(EXPLAINED_FAILURES)) {
    text += `${failureLine(failure)}\n`;
  }
  return text;
}

async function explain({ seed, nodes, crashModel, violation }: Failure): Promise<string> {
  const trace = createTrace({ ids: clusterNames(nodes).ids, keep: SHOWN_LINES });
  const { scenario } = await simulate({
    seed,
    nodes,
    crashModel,
    binding: coreBinding,
    trace: trace.observer,
  });
  return [
    `VIOLATION with seed ${seed} and ${nodes} nodes after ${violation.at.toFixed(0)} virtual ms`,
    violation.message,
    `settings: ${JSON.stringify(scenario)}`,
    `the last of ${trace.lineCount()} events:`,
    ...trace.lastLines(),
    `replay: ${replayCommand({ seed, nodes, crashModel })}`,
    '',
    '',
  ].join('\n');
}

/** Prints every line of one run as it happens; true when nothing was violated. */
export async function printRun(run: Run, write: (text: string) => void): Promise<boolean> {
  const trace = createTrace({
    ids: clusterNames(run.nodes).ids,
    keep: 0,
    onLine: (line) => write(`${line}\n`),
  });
  const result = await simulate({ ...run, binding: coreBinding, trace: trace.observer });
  write(`settings: ${JSON.stringify(result.scenario)}\n`);
  write(`trace hash: ${trace.hash()}\n`);
  write(result.violation === null ? 'no violation\n' : `VIOLATION ${result.violation.message}\n`);
  return result.violation === null;
}
