/** `praline verify`: whether a node's log and chain are what the network agreed on, from the genesis file alone. */
import { resolve } from 'node:path';
import type { LogSource, VerifiedLog } from '@praline/node/verification';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandError, EXIT_CODES } from '../exit-code.ts';
import type { Console } from '../output/console.ts';
import { progressLine } from '../output/progress-line.ts';
import {
  addCredentialOptions,
  authorizationFor,
  type CredentialOptions,
} from '../rpc-client/credentials.ts';

interface VerifyOptions extends CredentialOptions {
  readonly data?: string;
  readonly rpc?: string;
  readonly beginning?: string;
  readonly genesis?: string;
  readonly cluster?: string;
  readonly trusted?: { readonly index: number; readonly hash: string };
  readonly json?: true;
}

export function addVerify(program: Command, console: Console): void {
  const command = program
    .command('verify')
    .summary("check a node's whole log and chain, trusting nothing but the genesis file")
    .description(
      'Checks every entry of a log from genesis on: hash links, who led by what right, the signatures of a quorum of the validators of the time, every change of the members, and that the entries carry one chain of blocks. Says where a damaged or forged log breaks. The node may run or not.',
    )
    .option('--data <folder>', "a node's data folder, such as cluster/data/1")
    .option('--rpc <url>', 'RPC address of a node, instead of a folder')
    .option(
      '--beginning <url>',
      'RPC address of a node that has the first entries, where this one does not: it began with a snapshot, or deletes old ones',
    )
    .option('--genesis <file>', 'the genesis file')
    .option(
      '--cluster <file>',
      'the cluster file, where it completes the genesis file (default: the one above --data)',
    )
    .option(
      '--trusted <index:hash>',
      'an entry known from elsewhere, which the log must contain: against histories that retired keys could sign, and in place of first entries that are not there',
      trustedEntry,
    )
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 valid, 1 invalid, 3 wrong configuration or first entries that are not there, 4 no node answers.\n\nExamples:\n  praline verify --data cluster/data/1\n  praline verify --rpc http://127.0.0.1:8545 --genesis genesis.json\n  praline verify --data cluster/data/4 --beginning http://127.0.0.1:8545',
    )
    .action(async (options: VerifyOptions) => {
      await verify(options, console);
    });
  addCredentialOptions(command);
}

async function verify(options: VerifyOptions, console: Console): Promise<void> {
  const { data, rpc, beginning, genesis, cluster, trusted, json } = options;
  if ((data === undefined) === (rpc === undefined)) {
    throw new CommandError(
      EXIT_CODES.usage,
      'Name either a data folder (--data) or a node (--rpc).',
    );
  }
  // Here and not for all commands, since the others do without what this loads.
  const verification = await import('@praline/node/verification');
  const { LogInvalidError, LogUnavailableError, verifyLog } = verification;
  const paths = {
    ...(genesis === undefined ? {} : { genesis }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(data === undefined ? {} : { data: resolve(data) }),
  };
  const authorization = authorizationFor(options);
  const trust = verification.readVerificationGenesis(paths);
  const log: LogSource =
    rpc === undefined
      ? await verification.openStoredLog(resolve(data ?? ''), trust)
      : new verification.RpcLogSource(rpc, authorization);
  const source =
    beginning === undefined
      ? log
      : new verification.ContinuedLogSource(
          new verification.RpcLogSource(beginning, authorization),
          log,
        );
  try {
    const verified = await verifyLog({
      genesis: trust,
      source,
      ...(trusted === undefined ? {} : { trusted }),
      ...(json ? {} : { onProgress: (progress) => console.progress(progressLine(progress)) }),
    });
    console.progress(null);
    if (json) console.json({ valid: true, ...verified });
    else for (const line of validLines(verified)) console.line(line);
  } catch (error) {
    console.progress(null);
    if (error instanceof LogUnavailableError) {
      throw new CommandError(EXIT_CODES.unreachable, error.message, { cause: error });
    }
    if (!(error instanceof LogInvalidError)) throw error;
    const { code, message, details } = error;
    const isUnknown = code === 'not-from-genesis';
    if (json) {
      console.json({ valid: false, code, ...details });
    } else if (isUnknown) {
      console.line(`UNKNOWN  ${message}`);
    } else {
      console.line(`INVALID at ${message}`);
      if (details.expected !== null) console.line(`  expected  ${details.expected}`);
      if (details.found !== null) console.line(`  found     ${details.found}`);
      console.line(`  fault     ${code}`);
    }
    if (isUnknown) {
      throw new CommandError(EXIT_CODES.configuration, adviceFor(details.index, options), {
        cause: error,
      });
    }
    throw new CommandError(EXIT_CODES.failure, `The log is not valid: ${message}.`, {
      cause: error,
    });
  } finally {
    await source.close();
  }
}

/** What to do where the log begins with entry `first`. */
function adviceFor(first: number, { beginning }: VerifyOptions): string {
  const given =
    beginning === undefined
      ? `name a node that has them with --beginning URL`
      : `the node of --beginning does not have them all either: name another`;
  return `The entries before ${first} are not there: ${given}, or give an entry from ${first - 1} on that you know to be right with --trusted INDEX:HASH ("praline verify" of a node that has all entries shows the last one).`;
}

function validLines(verified: VerifiedLog): string[] {
  const { entries, first, certified, head, epoch, validators, seconds, entriesPerSecond } =
    verified;
  const { operations } = verified;
  const open = first + entries - 1 - certified.index;
  const start = first === 1 ? '' : ` from entry ${first} on, as the trusted entry has it`;
  return [
    `VALID  ${entries} entries${start}, certified up to entry ${certified.index}${open === 0 ? '' : ` (the ${open} above it are not yet)`}`,
    `  entry ${certified.index}   ${certified.hash}`,
    ...(head === null ? [] : [`  block ${head.number}   ${head.hash}`]),
    `  epoch ${epoch}, ${validators} validators; ${seconds.toFixed(1)} s, ${Math.round(entriesPerSecond)} entries/s`,
    ...(operations === 0
      ? []
      : [
          `  This chain uses development operations: ${operations} of the entries set its state, time or head.`,
        ]),
  ];
}

function trustedEntry(text: string): { index: number; hash: string } {
  const [, index, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (index === undefined || hash === undefined) {
    throw new InvalidArgumentError('Write the index, a colon and the hash: 1042:28b0...33.');
  }
  return { index: Number(index), hash };
}
