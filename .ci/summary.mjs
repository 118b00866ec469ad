// Adds up what the test runner recorded. A step that failed without a failed test (compiler, linter, simulator, a
// file that does not load, a missing record) counts as a failure too, so that the last line never hides one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, failedSteps, ...projects] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;
let explainedSteps = 0;
for (const project of projects) {
  try {
    const record = JSON.parse(readFileSync(join(folder, `${project}.json`), 'utf8'));
    const counts = 'testResults' in record ? testCounts(record) : record;
    passed += counts.passed;
    failed += counts.failed;
    skipped += counts.skipped;
    if (counts.failed > 0) explainedSteps += 1;
    process.stdout.write(
      `${project}: ${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''}\n`,
    );
  } catch (error) {
    process.stdout.write(`${project}: no results (${error.message})\n`);
    if (Number(failedSteps) === 0) failed += 1;
  }
}
failed += Math.max(0, Number(failedSteps) - explainedSteps);
process.stdout.write(
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;

/** What the test runner recorded; other records count by themselves. */
function testCounts(record) {
  // A file that fails as a whole has no failed test of its own.
  const brokenFiles = record.testResults.filter(
    (file) =>
      file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  return {
    passed: record.numPassedTests,
    failed: record.numFailedTests + brokenFiles,
    skipped: record.numPendingTests + record.numTodoTests,
  };
}
