/** `praline verify`: whether a node's log and chain are what the network agreed on, from the genesis file alone. */
import { resolve } from 'node:path';
import type { LogSource, VerifiedLog } from '@praline/node/verification';
import { type Command, InvalidArgumentError } from 'commander';
import { CommandError, EXIT_CODES } from '../exit-code.ts';
import type { Console } from '../output/console.ts';
import { progressLine } from '../output/progress-line.ts';

interface VerifyOptions {
  readonly data?: string;
  readonly rpc?: string;
  readonly genesis?: string;
  readonly cluster?: string;
  readonly trusted?: { readonly index: number; readonly hash: string };
  readonly json?: true;
}

export function addVerify(program: Command, console: Console): void {
  program
    .command('verify')
    .summary("check a node's whole log and chain, trusting nothing but the genesis file")
    .description(
      'Checks every entry of a log from genesis on: hash links, who led by what right, the signatures of a quorum of the validators of the time, every change of the members, and that the entries carry one chain of blocks. Says where a damaged or forged log breaks. The node may run or not.',
    )
    .option('--data <folder>', "a node's data folder, such as cluster/data/1")
    .option('--rpc <url>', 'RPC address of a node, instead of a folder')
    .option('--genesis <file>', 'the genesis file')
    .option(
      '--cluster <file>',
      'the cluster file, where it completes the genesis file (default: the one above --data)',
    )
    .option(
      '--trusted <index:hash>',
      'an entry known from elsewhere, which the log must contain: against histories that retired keys could sign',
      trustedEntry,
    )
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 valid, 1 invalid, 3 wrong configuration, 4 no node answers.\n\nExamples:\n  praline verify --data cluster/data/1\n  praline verify --rpc http://127.0.0.1:8545 --genesis genesis.json',
    )
    .action(async (options: VerifyOptions) => {
      await verify(options, console);
    });
}

async function verify(options: VerifyOptions, console: Console): Promise<void> {
  const { data, rpc, genesis, cluster, trusted, json } = options;
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
  const trust = verification.readVerificationGenesis(paths);
  const source: LogSource =
    rpc === undefined
      ? await verification.openStoredLog(resolve(data ?? ''), trust)
      : new verification.RpcLogSource(rpc);
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
    if (json) {
      console.json({ valid: false, code, ...details });
    } else {
      console.line(`INVALID at ${message}`);
      if (details.expected !== null) console.line(`  expected  ${details.expected}`);
      if (details.found !== null) console.line(`  found     ${details.found}`);
      console.line(`  fault     ${code}`);
    }
    throw new CommandError(EXIT_CODES.failure, `The log is not valid: ${message}.`, {
      cause: error,
    });
  } finally {
    await source.close();
  }
}

function validLines(verified: VerifiedLog): string[] {
  const { entries, certified, head, epoch, validators, seconds, entriesPerSecond, operations } =
    verified;
  const open = entries - certified.index;
  return [
    `VALID  ${entries} entries, certified up to entry ${certified.index}${open === 0 ? '' : ` (the ${open} above it are not yet)`}`,
    `  entry ${certified.index}   ${certified.hash}`,
    `  block ${head.number}   ${head.hash}`,
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
