/** The `praline` command and its subcommands, one file each. */
import { createRequire } from 'node:module';
import { ConfigError } from '@praline/node';
import { Command, CommanderError } from 'commander';
import { addExport } from './commands/export.ts';
import { addImport } from './commands/import.ts';
import { addInit } from './commands/init.ts';
import { addJoin } from './commands/join.ts';
import { addKeygen } from './commands/keygen.ts';
import { addNode } from './commands/node.ts';
import { addStart } from './commands/start.ts';
import { addStatus } from './commands/status.ts';
import { addValidators } from './commands/validators.ts';
import { addVerify } from './commands/verify.ts';
import { CommandError, EXIT_CODES, type ExitCode } from './exit-code.ts';
import type { Console } from './output/console.ts';

const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string };

function createProgram(console: Console): Command {
  const program = new Command('praline')
    .description('A fault-tolerant Ethereum network that starts with one command.')
    .version(manifest.version)
    .configureOutput({
      writeOut: (text) => console.line(text.trimEnd()),
      writeErr: (text) => console.error(text.trimEnd()),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 failure, 2 wrong arguments, 3 wrong configuration, 4 not reachable.

Examples:
  praline start                                  a network of three nodes on this machine
  praline init cluster --nodes 3                 the files of a cluster of three
  praline node --cluster cluster/cluster.json    one of its nodes, in the foreground
  praline status                                 how the nodes are
  praline validators list                        who belongs to the network
  praline verify --data cluster/data/1           whether a node's log is what the network agreed on
  praline export chain.rlp --data cluster/data/1 the blocks of its chain, as a file`,
    );
  addStart(program, console);
  addInit(program, console);
  addNode(program, console);
  addKeygen(program, console);
  addStatus(program, console);
  addJoin(program, console);
  addValidators(program, console);
  addVerify(program, console);
  addImport(program, console);
  addExport(program, console);
  for (const command of program.commands) {
    command.exitOverride().copyInheritedSettings(program);
  }
  return program;
}

/** Runs the command line; answers the exit code. What goes wrong is one line on standard error, without a stack. */
export async function runProgram(
  parameters: readonly string[],
  console: Console,
): Promise<ExitCode> {
  try {
    await createProgram(console).parseAsync(parameters, { from: 'user' });
    return EXIT_CODES.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? EXIT_CODES.ok : EXIT_CODES.usage;
    }
    const message = error instanceof Error ? error.message : String(error);
    console.error(`praline: ${message}`);
    if (error instanceof CommandError) {
      return error.exitCode;
    }
    return error instanceof ConfigError ? EXIT_CODES.configuration : EXIT_CODES.failure;
  }
}
