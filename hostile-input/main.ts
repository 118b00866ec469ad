/** Entry of `npm run hostile-input`. */
import { parseArguments, USAGE, UsageError } from './arguments.ts';
import { megabytes, type RunReport, run } from './run.ts';

function textOf({ seed, requests, messages, seconds, memory, findings }: RunReport): string {
  const found = findings.map(
    ({ problem, count, sent, answer }) =>
      `${count} x ${problem}\n  sent:     ${sent}\n  answered: ${answer}\n`,
  );
  const { start, warm, end } = memory;
  return [
    ...found,
    `seed ${seed}: ${requests} requests in ${messages} messages, ${seconds.toFixed(1)} s, ${Math.round(requests / seconds)}/s\n`,
    `memory of the node: ${megabytes(start)} at the start, ${megabytes(warm)} after a tenth, ${megabytes(end)} at the end\n`,
    `${findings.length === 0 ? 'nothing' : `${findings.length} kinds of problems`} found\n`,
  ].join('');
}

try {
  const options = parseArguments(process.argv.slice(2));
  if (options === null) process.stdout.write(USAGE);
  else {
    process.stderr.write(`seed ${options.seed}\n`);
    const report = await run({
      ...options,
      onProgress: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : textOf(report));
    process.exitCode = report.findings.length === 0 ? 0 : 1;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
