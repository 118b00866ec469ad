/** `npm run faults`: enters the sandbox, or, inside it, makes the run and prints its report. */
import { describeFault } from './nemesis/fault.ts';
import { runInSandbox, sandboxProblem } from './network/sandbox.ts';
import { type CommandOptions, parseOptions, USAGE, UsageError } from './options.ts';
import { formatReport, makeReport, writeReport } from './report/report.ts';
import { runFaults, scheduleOf } from './run.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** The machine does not allow the run. */
const EXIT_UNAVAILABLE = 3;
const EXIT_INTERRUPTED = 130;

class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.isHelp) {
    process.stdout.write(USAGE);
    return 0;
  }
  if (options.isPlanOnly) {
    printPlan(options);
    return 0;
  }
  if (options.inside !== null) return await runInside(options, options.inside);
  const problem = sandboxProblem();
  if (problem !== undefined) return reportUnavailable(problem, options);
  // The seed and the folder are fixed here, so that the run inside has the same.
  const { seed, out } = options.run;
  return await runInSandbox([...args, '--seed', String(seed), '--out', out]);
}

function printPlan(options: CommandOptions): void {
  for (const { atMs, durationMs, fault, isBeyondTolerance } of scheduleOf(options.run)) {
    const times = `${(atMs / 1000).toFixed(1).padStart(6)} s for ${(durationMs / 1000).toFixed(1)} s`;
    const target = 'target' in fault ? fault.target : null;
    const who = target === null ? null : 'number' in target ? target.number : 0;
    const words = describeFault(fault, who).replace('node 0 (leader)', 'the leader');
    process.stdout.write(`${times}  ${words.replace('node 0', 'the leader')}`);
    process.stdout.write(`${isBeyondTolerance ? ' (more than is tolerated)' : ''}\n`);
  }
}

function reportUnavailable(problem: string, { allowsSkip, json }: CommandOptions): number {
  process.stderr.write(`faults: this machine does not allow the run: ${problem}\n`);
  if (json) {
    const skipped = { passed: 0, failed: 0, skipped: 1, checks: [], reason: problem };
    process.stdout.write(`${JSON.stringify(skipped)}\n`);
  }
  return allowsSkip ? 0 : EXIT_UNAVAILABLE;
}

async function runInside({ run, json }: CommandOptions, folder: string): Promise<number> {
  const announce = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  announce(`seed ${run.seed}; report in ${run.out}`);
  const result = await runFaults(run, { announce, aborted: untilAborted(), folder });
  const report = makeReport(result);
  writeReport(result, report);
  (json ? process.stderr : process.stdout).write(`\n${formatReport(report)}\n`);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  return report.failed === 0 ? 0 : EXIT_FAILED;
}

/** The process outside closes our standard input when it is asked to stop, and when it dies. */
function untilAborted(): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    process.stdin.resume();
    process.stdin.once('end', () => reject(new Interrupted('the run was interrupted')));
    // From the terminal the signal comes here too; the process outside decides.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  });
  // Whoever races against it gets the error; until then nobody listens.
  aborted.catch(() => undefined);
  return aborted;
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof Interrupted) return EXIT_INTERRUPTED;
  const words = error instanceof Error ? error.message : String(error);
  process.stderr.write(`\nfaults: ${words}\n`);
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
});
// Timers and sockets of a run that failed half-way do not keep the process.
process.exit();
