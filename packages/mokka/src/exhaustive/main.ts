/** Entry of `npm run exhaustive`. */
import { parseArgs } from 'node:util';
import { type Progress, type SearchResult, search } from './search.ts';

const USAGE = `Visits every state that a small cluster of real consensus cores can get into.

  npm run exhaustive -- [--nodes N] [--liar N] [--terms N] [--entries N] [--crashes N] [--max-states N] [--json]

  --nodes N       validators, 1 or at least 3 (default 3)
  --liar N        Byzantine mode: validator number N (from 0) lies, as voter and as leader of its terms
  --terms N       terms that can be started (default 2)
  --entries N     payloads of each leader above its term-start (default 0)
  --crashes N     power cuts in one run, anywhere (default 0)
  --max-states N  stop there (default 2000000)
  --json          prints the result as one JSON object on standard output

Exit code: 0 when nothing was found, 1 on a violation, 2 on wrong usage, 3 when it stopped before the search was complete.
`;

/** Milliseconds between two lines of progress. */
const PROGRESS_INTERVAL = 5_000;

async function main(): Promise<number> {
  let values: Record<string, string | boolean | undefined>;
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const bounds = { nodes: text, liar: text, terms: text, entries: text, crashes: text };
    const options = { ...bounds, 'max-states': text };
    values = parseArgs({ options: { ...options, json: flag, help: flag } }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  const number = (name: string, otherwise: number): number => Number(values[name] ?? otherwise);
  const bounds = {
    nodes: number('nodes', 3),
    terms: number('terms', 2),
    entries: number('entries', 0),
    crashes: number('crashes', 0),
    ...(values['liar'] === undefined ? {} : { liar: number('liar', 0) }),
  };
  const maxStates = number('max-states', 2_000_000);
  const isWrong = ![...Object.values(bounds), maxStates].every(Number.isSafeInteger);
  if (
    values['help'] === true ||
    isWrong ||
    bounds.nodes < 1 ||
    bounds.nodes === 2 ||
    (bounds.liar ?? 0) >= bounds.nodes
  ) {
    process.stdout.write(USAGE);
    return values['help'] === true ? 0 : 2;
  }
  const startedAt = performance.now();
  const result = await search({ bounds, maxStates, onProgress: showProgress(startedAt) });
  const seconds = (performance.now() - startedAt) / 1000;
  const report =
    values['json'] === true
      ? JSON.stringify({ bounds, seconds, ...result })
      : textOf(result, seconds);
  process.stdout.write(`${report}\n`);
  if (result.violation !== null) return 1;
  return result.isComplete ? 0 : 3;
}

function showProgress(startedAt: number): (progress: Progress) => void {
  let last = startedAt;
  return ({ states, depth, waiting, localStates }) => {
    const now = performance.now();
    if (now - last < PROGRESS_INTERVAL) return;
    last = now;
    const perSecond = Math.round((states * 1000) / (now - startedAt));
    process.stderr.write(
      `depth ${depth}: ${states} states, ${perSecond}/s, ${waiting} found beyond, ${localStates} states of single nodes\n`,
    );
  };
}

function textOf(result: SearchResult, seconds: number): string {
  const { states, transitions, depth, localStates, coreSteps, committed, violation } = result;
  const lines = [
    `${states} states, ${transitions} transitions, depth ${depth}, in ${seconds.toFixed(1)} s`,
    `${localStates} states of single nodes, ${coreSteps} steps of the core, ${committed} different entries committed`,
  ];
  if (violation === null) {
    lines.push(result.isComplete ? 'complete: no violation' : 'NOT complete: no violation so far');
  } else lines.push(`VIOLATION ${violation.message}`, ...result.trace.map((step) => `  ${step}`));
  return lines.join('\n');
}

process.exitCode = await main();
