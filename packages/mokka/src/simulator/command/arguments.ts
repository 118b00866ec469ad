/** The command line of the simulator. */
import { parseArgs } from 'node:util';
import type { CrashModel } from '../../core/types.ts';

export interface SimulateArguments {
  /** Number of seeds, counted up from `firstSeed`. */
  readonly seeds: number;
  readonly firstSeed: number;
  /** Cluster sizes; seeds take them in turn. */
  readonly nodes: readonly number[];
  readonly crashModel: CrashModel;
  readonly json: boolean;
  readonly trace: boolean;
  /** Processes that run seeds at the same time. */
  readonly workers: number;
}

const MAX_NODES = 25;
const DEFAULT_NODES: Readonly<Record<CrashModel, string>> = { CFT: '1,2,3,4,5', BFT: '4,5,7' };

export const USAGE = `Simulates clusters of the consensus core on virtual time, network and disks.

  npm run simulate -- --seeds N [--mode CFT|BFT] [--nodes N[,N...]] [--seed S] [--workers N] [--json]
  npm run simulate -- --seed S --nodes N [--mode CFT|BFT] [--trace]

  --mode MODE    CFT: nodes crash; BFT: up to f of them lie as well (default CFT)
  --seeds N      how many seeds to run (1 with --seed, otherwise 100)
  --seed S       the first seed (default 1)
  --nodes LIST   cluster sizes, 1 to ${MAX_NODES}, taken in turn (default 1,2,3,4,5; for BFT 4,5,7)
  --trace        prints the whole run of one seed and one cluster size
  --workers N    processes to use (default: one per processor)
  --json         prints the summary as one JSON object on standard output
  --help         prints this

Exit code: 0 when every promise was kept, 1 on a violation, 2 on wrong usage.
`;

export class UsageError extends Error {
  readonly code = 'usage';
}

/** Null when help is asked for. Throws `UsageError`. */
export function parseArguments(
  words: readonly string[],
  processors: number,
): SimulateArguments | null {
  const values = parseWords(words);
  if (values.help === true) return null;
  const mode = crashModel(values.mode ?? 'CFT');
  const nodes = (values.nodes ?? DEFAULT_NODES[mode])
    .split(',')
    .map((word) => wholeNumber('--nodes', word, 1));
  const tooMany = nodes.find((count) => count > MAX_NODES);
  if (tooMany !== undefined) {
    throw new UsageError(`--nodes ${tooMany}: at most ${MAX_NODES} nodes are simulated.`);
  }
  const seeds = wholeNumber(
    '--seeds',
    values.seeds ?? (values.seed === undefined ? '100' : '1'),
    1,
  );
  const trace = values.trace === true;
  if (trace && (nodes.length !== 1 || seeds !== 1)) {
    throw new UsageError('--trace prints one run: give one --seed and one --nodes.');
  }
  return {
    seeds,
    firstSeed: wholeNumber('--seed', values.seed ?? '1', 0),
    nodes,
    crashModel: mode,
    json: values.json === true,
    trace,
    workers: wholeNumber('--workers', values.workers ?? String(processors), 1),
  };
}

function parseWords(words: readonly string[]): {
  seeds?: string | undefined;
  seed?: string | undefined;
  nodes?: string | undefined;
  mode?: string | undefined;
  workers?: string | undefined;
  json?: boolean | undefined;
  trace?: boolean | undefined;
  help?: boolean | undefined;
} {
  try {
    return parseArgs({
      args: [...words],
      options: {
        seeds: { type: 'string' },
        seed: { type: 'string' },
        nodes: { type: 'string' },
        mode: { type: 'string' },
        workers: { type: 'string' },
        json: { type: 'boolean' },
        trace: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function crashModel(word: string): CrashModel {
  if (word === 'CFT' || word === 'BFT') return word;
  throw new UsageError(`--mode ${word}: give CFT or BFT.`);
}

function wholeNumber(option: string, word: string, least: number): number {
  const number = Number(word);
  if (word.trim() === '' || !Number.isSafeInteger(number) || number < least) {
    throw new UsageError(`${option} ${word}: give a whole number of at least ${least}.`);
  }
  return number;
}
