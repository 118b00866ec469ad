/** The command line of `npm run ethereum-tests`. */
import { parseArgs } from 'node:util';
import type { Selection } from './selection.ts';

export const USAGE = `npm run ethereum-tests -- [PATH...] [options]

Runs the official Ethereum tests (github.com/ethereum/tests) through this chain's state, execution and block checks.
PATH: only files below these paths of the folder, such as GeneralStateTests/stCallCodes.

  --dir DIR       folder with the fixtures, as JSON files or *.tar.gz (default: $PRALINE_FIXTURES/ethereum-tests)
  --filter TEXT   only tests whose file and name contain this
  --one-of N      only one test of so many, spread over all files (default: 1, all)
  --workers N     processes (default: the processors of this machine)
  --json          the result as one JSON object on standard output

BlockchainTests each have a database in the folder for temporary files ($TMPDIR): faster where that is memory.

Exit codes: 0 all pass or are known to differ, 1 some fail, 2 wrong arguments or no fixtures.
`;

export interface Arguments {
  readonly folder: string;
  readonly paths: readonly string[];
  readonly selection: Selection;
  readonly workers: number;
  readonly json: boolean;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Null: help is asked for. Throws `UsageError`. */
export function parseArguments(
  parameters: readonly string[],
  defaults: { readonly folder: string | undefined; readonly workers: number },
): Arguments | null {
  const { values, positionals } = parse(parameters);
  if (values.help) return null;
  const folder = values.dir ?? defaults.folder;
  if (folder === undefined) {
    throw new UsageError('Name the folder of the fixtures with --dir, or set $PRALINE_FIXTURES.');
  }
  return {
    folder,
    paths: positionals.map((path) => path.replace(/^\.\//, '').replace(/\/+$/, '')),
    selection: {
      oneOf: wholeNumber('--one-of', values['one-of'], 1),
      ...(values.filter === undefined ? {} : { filter: values.filter }),
    },
    workers: wholeNumber('--workers', values.workers, defaults.workers),
    json: values.json,
  };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: {
        dir: { type: 'string' },
        filter: { type: 'string' },
        'one-of': { type: 'string' },
        workers: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new UsageError(`${name} is a whole number above 0.`);
}
