/** Entry of `npm run rpc-compat`. */
import {
  ConformanceReplay,
  reasonNotToReplay,
} from '../packages/rpc/src/testing/conformance-replay.test.support.ts';
import {
  defaultSuiteFolder,
  readSuite,
  SuiteMissingError,
} from '../packages/rpc/src/testing/conformance-suite.test.support.ts';
import { type Arguments, parseArguments, USAGE, UsageError } from './arguments.ts';
import { type ExchangeResult, reportOf, reportText } from './report.ts';

/** Exchanges between two lines of progress. */
const PROGRESS_EVERY = 50;

async function run({ folder, filter, json }: Arguments): Promise<number> {
  const startedAt = performance.now();
  const suite = readSuite(folder);
  const exchanges = suite.exchanges.filter(({ name }) => name.includes(filter));
  if (exchanges.length === 0) throw new SuiteMissingError('No exchange matches.');
  process.stderr.write(`executing ${suite.blocks.length} blocks of ${folder}\n`);
  const replay = await ConformanceReplay.open(suite);
  const results: ExchangeResult[] = [];
  try {
    for (const exchange of exchanges) {
      const { method, name } = exchange;
      const notApplicable = reasonNotToReplay(exchange);
      const difference =
        notApplicable === undefined ? await replay.differenceOf(exchange) : undefined;
      const outcome =
        notApplicable !== undefined
          ? 'notApplicable'
          : difference === undefined
            ? 'passed'
            : 'failed';
      results.push({ method, name, outcome, reason: notApplicable ?? difference ?? '' });
      if (results.length % PROGRESS_EVERY === 0) {
        process.stderr.write(`${results.length} of ${exchanges.length} exchanges\n`);
      }
    }
  } finally {
    await replay.close();
  }
  const report = reportOf(results, (performance.now() - startedAt) / 1_000);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : reportText(report));
  return report.failed === 0 ? 0 : 1;
}

try {
  const options = parseArguments(process.argv.slice(2), defaultSuiteFolder());
  if (options === null) process.stdout.write(USAGE);
  else process.exitCode = await run(options);
} catch (error) {
  const isUsage = error instanceof UsageError;
  if (!isUsage && !(error instanceof SuiteMissingError)) throw error;
  process.stderr.write(`${error.message}\n${isUsage ? `\n${USAGE}` : ''}`);
  process.exitCode = 2;
}
