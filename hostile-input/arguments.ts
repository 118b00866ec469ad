/** The command line of `npm run hostile-input`. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

export const USAGE = `npm run hostile-input -- [options]

Sends generated and spoiled requests over HTTP and WebSocket to a real node, and looks for a crash, an answer that is no
JSON-RPC, an internal error, the insides of the program in an answer, a request without an answer, and memory that grows.

  --requests N    how many, those in batches included (5000)
  --seed S        the messages follow from it (random)
  --nodes N       nodes of the network; a node that does not lead is asked (1)
  --growth MB     memory that the node may take beyond what it had after a tenth of the run (512)
  --json          the report as one JSON object on standard output

Exit codes: 0 nothing found, 1 something found, 2 wrong arguments.
`;

export interface Arguments {
  readonly requests: number;
  readonly seed: number;
  readonly nodes: number;
  /** Bytes. */
  readonly growthMax: number;
  readonly json: boolean;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const MEGABYTE = 1_000_000;
const NODES_MAX = 10;

/** Null: help is asked for. Throws `UsageError`. */
export function parseArguments(parameters: readonly string[]): Arguments | null {
  const { values } = parse(parameters);
  if (values.help) return null;
  const whole = (name: 'requests' | 'seed' | 'nodes' | 'growth', least: number, most: number) => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      throw new UsageError(`--${name} is a whole number from ${least} to ${most}`);
    }
    return value;
  };
  return {
    requests: whole('requests', 1, 1e9),
    seed: whole('seed', 0, 2 ** 31 - 1),
    nodes: whole('nodes', 1, NODES_MAX),
    growthMax: whole('growth', 1, 1e6) * MEGABYTE,
    json: values.json,
  };
}

function parse(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      options: {
        requests: { type: 'string', default: '5000' },
        seed: { type: 'string', default: String(randomInt(1, 1_000_000)) },
        nodes: { type: 'string', default: '1' },
        growth: { type: 'string', default: '512' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
