/** What a run found, as text and as one JSON object. */

export interface ExchangeResult {
  readonly method: string;
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'notApplicable';
  /** Where the answer differs, or why the exchange was not replayed; empty when it passed. */
  readonly reason: string;
}

interface Counts {
  passed: number;
  failed: number;
  notApplicable: number;
}

export interface Report extends Readonly<Counts> {
  readonly seconds: number;
  readonly methods: readonly ({ readonly method: string } & Readonly<Counts>)[];
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
  readonly exchangesNotApplicable: readonly { readonly name: string; readonly reason: string }[];
}

export function reportOf(results: readonly ExchangeResult[], seconds: number): Report {
  const methods = new Map<string, Counts>();
  const total: Counts = { passed: 0, failed: 0, notApplicable: 0 };
  for (const { method, outcome } of results) {
    const counts = methods.get(method) ?? { passed: 0, failed: 0, notApplicable: 0 };
    counts[outcome] += 1;
    total[outcome] += 1;
    methods.set(method, counts);
  }
  const list = (outcome: ExchangeResult['outcome']) =>
    results
      .filter((result) => result.outcome === outcome)
      .map(({ name, reason }) => ({ name, reason }));
  return {
    ...total,
    seconds,
    methods: [...methods].map(([method, counts]) => ({ method, ...counts })),
    failures: list('failed'),
    exchangesNotApplicable: list('notApplicable'),
  };
}

export function reportText(report: Report): string {
  const { passed, failed, notApplicable, methods, failures, exchangesNotApplicable } = report;
  const width = Math.max(6, ...methods.map(({ method }) => method.length));
  const line = (name: string, ...counts: readonly (string | number)[]) =>
    `${name.padEnd(width)}${counts.map((one) => String(one).padStart(16)).join('')}`;
  const list = (title: string, items: Report['failures']) =>
    items.length === 0
      ? []
      : ['', `${title}:`, ...items.map(({ name, reason }) => `  ${name}\n    ${reason}`)];
  return [
    line('method', 'passed', 'failed', 'not applicable'),
    ...methods.map((one) => line(one.method, one.passed, one.failed, one.notApplicable)),
    ...list('Not applicable, and why', exchangesNotApplicable),
    ...list('Failures', failures),
    '',
    `${passed} passed, ${failed} failed, ${notApplicable} not applicable; ${report.seconds.toFixed(1)} s`,
    '',
  ].join('\n');
}
