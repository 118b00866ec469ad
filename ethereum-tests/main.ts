/** Entry of `npm run ethereum-tests`. */
import { availableParallelism } from 'node:os';
import { type Arguments, parseArguments, USAGE, UsageError } from './arguments.ts';
import { defaultFolder, FixturesMissingError, openFixtures } from './fixture-files.ts';
import { runAll } from './pool.ts';
import { progressPrinter } from './progress.ts';
import { ResultCounts, reportText } from './report.ts';

async function run({ folder, paths, selection, workers, json }: Arguments): Promise<number> {
  const fixtures = openFixtures(folder);
  const interrupted = () => {
    fixtures.close();
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  try {
    const files = fixtures.files.filter(({ name }) => isBelow(name, paths));
    if (files.length === 0) throw new FixturesMissingError(`No file is below ${paths.join(', ')}.`);
    const show = progressPrinter(process.stderr);
    const counts = new ResultCounts();
    const startedAt = performance.now();
    const done = { files: 0, allFiles: files.length, tests: 0, failed: 0 };
    await runAll({
      files,
      selection,
      workers,
      onFile: (_, results) => {
        counts.add(results);
        done.files += 1;
        done.tests += results.length;
        done.failed += results.filter(({ outcome }) => outcome === 'failed').length;
        for (const { outcome, file, test, reason } of results) {
          if (outcome !== 'failed') continue;
          show(null);
          process.stderr.write(`failed: ${file} ${test}: ${reason}\n`);
        }
        show(done);
      },
    });
    show(null);
    const report = counts.report((performance.now() - startedAt) / 1_000);
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
    if (report.passed + report.failed + report.known === 0) {
      throw new FixturesMissingError('No test matches.');
    }
    return report.failed === 0 ? 0 : 1;
  } finally {
    process.off('SIGINT', interrupted);
    fixtures.close();
  }
}

function isBelow(name: string, paths: readonly string[]): boolean {
  return paths.length === 0 || paths.some((path) => name === path || name.startsWith(`${path}/`));
}

try {
  const options = parseArguments(process.argv.slice(2), {
    folder: defaultFolder(),
    workers: availableParallelism(),
  });
  if (options === null) process.stdout.write(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  const isUsage = error instanceof UsageError;
  if (!isUsage && !(error instanceof FixturesMissingError)) throw error;
  process.stderr.write(`${error.message}\n${isUsage ? `\n${USAGE}` : ''}`);
  process.exitCode = 2;
}
