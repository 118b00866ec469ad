/** What can be asked of a run on the command line. */
import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { CrashModel } from './network/isolated-network.ts';

export const USAGE = `npm run faults -- [options]

Real nodes under real faults, then a check of everything that clients were told. Needs Linux with namespaces
(root, or user namespaces) and the commands unshare, nsenter, ip and mount.

  --minutes M        how long faults are imposed (1)
  --nodes N          nodes of the network (3)
  --mode CFT|BFT     crash model (CFT)
  --seed S           the schedule and the operations follow from it (random)
  --out FOLDER       where the report goes (.faults/<time>-seed-<seed>)
  --liar N[=FILE]    node N lies to the others, or runs an entry file of your own; none (BFT: the last of four or more lies)
  --plan             print the schedule and do nothing
  --allow-skip       success, with the checks counted as skipped, where the run is impossible
  --json             the report as one JSON object on standard output
`;

export interface RunOptions {
  readonly minutes: number;
  readonly nodes: number;
  readonly crashModel: CrashModel;
  readonly seed: number;
  readonly out: string;
  readonly liar: Liar | null;
}

export interface Liar {
  readonly node: number;
  /** Entry file of the node's process. */
  readonly entry: string;
  /** Whether it is the one that the runs bring along: it counts its lies, and is told whom to censor. */
  readonly isOurs: boolean;
}

export interface CommandOptions {
  readonly run: RunOptions;
  readonly isHelp: boolean;
  readonly isPlanOnly: boolean;
  readonly allowsSkip: boolean;
  readonly json: boolean;
  /** Set inside the sandbox: the folder for cluster files and mount points. */
  readonly inside: string | null;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Throws `UsageError`. */
export function parseOptions(args: readonly string[]): CommandOptions {
  const values = parse(args);
  const number = (name: 'minutes' | 'nodes' | 'seed', otherwise: number, least: number): number => {
    const value = values[name] === undefined ? otherwise : Number(values[name]);
    if (!Number.isFinite(value) || value < least) {
      throw new UsageError(`--${name} is a number from ${least}`);
    }
    if (name !== 'minutes' && !Number.isSafeInteger(value)) {
      throw new UsageError(`--${name} is a whole number`);
    }
    return value;
  };
  const nodes = number('nodes', 3, 1);
  if (nodes > NODES_MAX) throw new UsageError(`--nodes is at most ${NODES_MAX}`);
  const { mode } = values;
  if (mode !== 'CFT' && mode !== 'BFT') throw new UsageError('--mode is CFT or BFT');
  const seed = number('seed', randomInt(1, 1_000_000), 0);
  const time = new Date().toISOString().slice(0, 19).replaceAll(':', '-');
  return {
    run: {
      minutes: number('minutes', 1, 0.1),
      nodes,
      crashModel: mode,
      seed,
      out: resolve(values.out ?? `.faults/${time}-seed-${seed}`),
      liar: parseLiar(values.liar, nodes, mode),
    },
    isHelp: values.help,
    isPlanOnly: values.plan,
    allowsSkip: values['allow-skip'],
    json: values.json,
    inside: values.inside ?? null,
  };
}

/** More would need more machine than networks of processes are tried on. */
const NODES_MAX = 10;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string' },
        nodes: { type: 'string' },
        mode: { type: 'string', default: 'CFT' },
        seed: { type: 'string' },
        out: { type: 'string' },
        liar: { type: 'string' },
        plan: { type: 'boolean', default: false },
        'allow-skip': { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        inside: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

const OUR_LIAR = fileURLToPath(new URL('./liar/praline-liar.mjs', import.meta.url));
/** Fewer tolerate no liar. */
const NODES_MIN_WITH_LIAR = 4;

function parseLiar(text: string | undefined, nodes: number, mode: CrashModel): Liar | null {
  if (text === 'none') return null;
  if (text === undefined) {
    if (mode === 'CFT' || nodes < NODES_MIN_WITH_LIAR) return null;
    return { node: nodes, entry: OUR_LIAR, isOurs: true };
  }
  const [, number = '', entry] = /^(\d+)(?:=(.+))?$/.exec(text) ?? [];
  const node = Number(number);
  if (node < 1 || node > nodes) {
    throw new UsageError('--liar is N, N=FILE or none, N the number of a node');
  }
  if (entry !== undefined) return { node, entry: resolve(entry), isOurs: false };
  if (mode === 'CFT' || nodes < NODES_MIN_WITH_LIAR) {
    throw new UsageError('--liar needs --mode BFT and at least four nodes');
  }
  return { node, entry: OUR_LIAR, isOurs: true };
}
