/** `praline import`: executes and checks a chain file into a folder. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CommandError, EXIT_CODES } from '../exit-code.ts';
import type { Console } from '../output/console.ts';
import { progressBar } from '../output/progress-line.ts';
import { onStopSignal } from './stop-signal.ts';

interface ImportOptions {
  readonly data: string;
  readonly genesis?: string;
  readonly json?: true;
}

export function addImport(program: Command, console: Console): void {
  program
    .command('import')
    .summary('execute and check a file of blocks into a folder')
    .description(
      'Executes a chain file (the RLP of one block after the other, as geth\'s export writes it) on its genesis block, checks every rule and every root, and keeps the chain with its state in a folder, from which "praline export" reads. No node runs from that folder. Repeated after an interruption, it goes on where it stopped.',
    )
    .argument('<file>', 'the chain file, not packed')
    .requiredOption('--data <folder>', 'where the chain is kept; made when it is missing')
    .option('--genesis <file>', "the chain's genesis file, in geth's format (needed at first)")
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      '\nExit codes: 0 the whole file is imported, 1 it is invalid or the import was stopped, 3 wrong configuration.\n\nExample:\n  praline import chain.rlp --genesis genesis.json --data imported',
    )
    .action(async (file: string, options: ImportOptions) => {
      await importFile(resolve(file), options, console);
    });
}

async function importFile(file: string, options: ImportOptions, console: Console): Promise<void> {
  const { json } = options;
  const data = resolve(options.data);
  // Here and not for all commands, since the others do without what this loads.
  const { ChainFileError, importIntoFolder } = await import('@praline/node/chain-files');
  const stop = onStopSignal();
  try {
    const { head, imported, skipped, isComplete } = await importIntoFolder({
      file,
      data,
      ...(options.genesis === undefined ? {} : { genesis: options.genesis }),
      signal: stop.signal,
      onProgress: ({ done, total, block }) =>
        console.progress(`${progressBar(done, total)} block ${block}, ${done} of ${total} bytes`),
    });
    console.progress(null);
    const { number, hash, stateRoot } = head;
    if (json) {
      console.json({
        complete: isComplete,
        data,
        imported,
        skipped,
        head: { number, hash, stateRoot },
      });
    } else {
      console.line(
        `${imported} blocks imported, ${skipped} were there; block ${number} is the last`,
      );
      console.line(`  hash   ${hash}`);
      console.line(`  state  ${stateRoot}`);
    }
    if (isComplete) return;
    throw new CommandError(
      EXIT_CODES.failure,
      `Stopped after block ${number}. The same command goes on from there.`,
    );
  } catch (error) {
    console.progress(null);
    if (!(error instanceof ChainFileError)) throw error;
    const { code, message, offset } = error;
    if (json) console.json({ complete: false, data, fault: code, offset, message });
    const kept = 'What the file holds before that is imported.';
    throw new CommandError(EXIT_CODES.failure, `${file}: ${message}. ${kept}`, { cause: error });
  } finally {
    stop.release();
  }
}
