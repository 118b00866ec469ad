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
    // A file that fails as a whole has no failed test of its own.
    const brokenFiles = record.testResults.filter(
      (file) =>
        file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
    ).length;
    passed += record.numPassedTests;
    failed += record.numFailedTests + brokenFiles;
    skipped += record.numPendingTests + record.numTodoTests;
    if (record.numFailedTests + brokenFiles > 0) explainedSteps += 1;
    process.stdout.write(
      `${project}: ${record.numPassedTests} passed, ${record.numFailedTests + brokenFiles} failed\n`,
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
