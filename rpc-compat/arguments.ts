/** The command line of `npm run rpc-compat`. */
import { parseArgs } from 'node:util';

export const USAGE = `npm run rpc-compat -- [options]

Imports the chain of a folder in the format of Ethereum's JSON-RPC conformance suite (github.com/ethereum/execution-apis,
folder tests), sends each request to this JSON-RPC server, and compares the answers with the expected ones.

  --dir DIR       folder with genesis.json, chain.rlp and tests/ (default: $PRALINE_FIXTURES/rpc-compat)
  --filter TEXT   only exchanges whose method and name contain this
  --json          the result as one JSON object on standard output

Exit codes: 0 all pass or do not apply, 1 some fail, 2 wrong arguments or no suite.
`;

export interface Arguments {
  readonly folder: string;
  readonly filter: string;
  readonly json: boolean;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Null: help is asked for. Throws `UsageError`. */
export function parseArguments(
  parameters: readonly string[],
  defaultFolder: string | undefined,
): Arguments | null {
  const { values } = parse(parameters);
  if (values.help) return null;
  const folder = values.dir ?? defaultFolder;
  if (folder === undefined) {
    throw new UsageError('Name the folder of the suite with --dir, or set $PRALINE_FIXTURES.');
  }
  return { folder, filter: values.filter, json: values.json };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      options: {
        dir: { type: 'string' },
        filter: { type: 'string', default: '' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
