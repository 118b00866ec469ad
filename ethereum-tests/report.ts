/** What a run found, as text and as one JSON object. */
import { reportedFolder } from './fixture-files.ts';
import type { TestResult } from './run-file.ts';

export interface FolderCounts {
  readonly folder: string;
  readonly passed: number;
  readonly failed: number;
  readonly known: number;
}

export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly known: number;
  readonly seconds: number;
  readonly folders: readonly FolderCounts[];
  readonly failures: readonly Omit<TestResult, 'outcome'>[];
  readonly knownDifferences: readonly Omit<TestResult, 'outcome'>[];
}

/** Gathers results file by file; those that passed are only counted. */
export class ResultCounts {
  readonly #folders = new Map<string, { passed: number; failed: number; known: number }>();
  readonly #failures: Omit<TestResult, 'outcome'>[] = [];
  readonly #known: Omit<TestResult, 'outcome'>[] = [];

  add(results: readonly TestResult[]): void {
    for (const { outcome, ...result } of results) {
      const folder = reportedFolder(result.file);
      const counts = this.#folders.get(folder) ?? { passed: 0, failed: 0, known: 0 };
      counts[outcome] += 1;
      this.#folders.set(folder, counts);
      if (outcome === 'failed') this.#failures.push(result);
      if (outcome === 'known') this.#known.push(result);
    }
  }

  report(seconds: number): Report {
    const folders = [...this.#folders]
      .map(([folder, counts]) => ({ folder, ...counts }))
      .sort((a, b) => (a.folder < b.folder ? -1 : 1));
    const sum = (outcome: TestResult['outcome']) =>
      folders.reduce((total, counts) => total + counts[outcome], 0);
    return {
      passed: sum('passed'),
      failed: sum('failed'),
      known: sum('known'),
      seconds,
      folders,
      failures: this.#failures.sort(byName),
      knownDifferences: this.#known.sort(byName),
    };
  }
}

function byName(a: { file: string; test: string }, b: { file: string; test: string }): number {
  return `${a.file} ${a.test}` < `${b.file} ${b.test}` ? -1 : 1;
}

export function reportText(report: Report): string {
  const { passed, failed, known, seconds, folders, failures, knownDifferences } = report;
  const width = Math.max(6, ...folders.map(({ folder }) => folder.length));
  const line = (name: string, ...counts: readonly (string | number)[]) =>
    `${name.padEnd(width)}${counts.map((one) => String(one).padStart(8)).join('')}`;
  const list = (title: string, results: Report['failures']) =>
    results.length === 0
      ? []
      : [
          '',
          `${title}:`,
          ...results.map(({ file, test, reason }) => `  ${file} ${test}\n    ${reason}`),
        ];
  return [
    line('folder', 'passed', 'failed', 'known'),
    ...folders.map((one) => line(one.folder, one.passed, one.failed, one.known)),
    ...list('Known to differ, and why', knownDifferences),
    ...list('Failures', failures),
    '',
    `${passed} passed, ${failed} failed, ${known} known to differ; ${seconds.toFixed(1)} s`,
    '',
  ].join('\n');
}
