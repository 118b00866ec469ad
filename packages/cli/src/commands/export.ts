/** `praline export`: writes a chain file. */
import { resolve } from 'node:path';
import type { BlockSource } from '@praline/node/chain-files';
import type { Command } from 'commander';
import { CommandError, EXIT_CODES } from '../exit-code.ts';
import type { Console } from '../output/console.ts';
import { progressBar } from '../output/progress-line.ts';
import { wholeNumber } from '../whole-number.ts';
import { onStopSignal } from './stop-signal.ts';

interface ExportOptions {
  readonly data?: string;
  readonly rpc?: string;
  readonly genesis?: string;
  readonly cluster?: string;
  readonly from: number;
  readonly to?: number;
  readonly json?: true;
}

export function addExport(program: Command, console: Console): void {
  const block = wholeNumber(0, Number.MAX_SAFE_INTEGER);
  program
    .command('export')
    .summary('write the blocks of a chain into a file')
    .description(
      'Writes the RLP of one block after the other, as "praline import" and the import of geth read it. The file is complete or not there. The blocks come from a data folder, whose node may run or not, or from a node that answers debug_getRawBlock.',
    )
    .argument('<file>', 'the file to make; it must not exist')
    .option('--data <folder>', 'a node\'s data folder, or one made by "praline import"')
    .option('--rpc <url>', 'RPC address of a node, instead of a folder')
    .option('--genesis <file>', 'the genesis file (default: the one of an imported folder)')
    .option('--cluster <file>', 'the cluster file (default: the one above --data)')
    .option('--from <number>', 'the first block; 0 to write the genesis block too', block, 1)
    .option('--to <number>', 'the last block (default: the newest)', block)
    .option('--json', 'the result as one JSON object')
    .addHelpText(
      'after',
      '\nExit codes: 0 written, 1 failure, 3 wrong configuration, 4 a block is not available.\n\nExamples:\n  praline export chain.rlp --data cluster/data/1\n  praline export chain.rlp --rpc http://127.0.0.1:8545',
    )
    .action(async (file: string, options: ExportOptions) => {
      await exportFile(resolve(file), options, console);
    });
}

async function exportFile(file: string, options: ExportOptions, console: Console): Promise<void> {
  if ((options.data === undefined) === (options.rpc === undefined)) {
    throw new CommandError(
      EXIT_CODES.usage,
      'Name either a data folder (--data) or a node (--rpc).',
    );
  }
  // Here and not for all commands, since the others do without what this loads.
  const { BlockUnavailableError, ChainFileError, exportChainFile } = await import(
    '@praline/node/chain-files'
  );
  const stop = onStopSignal();
  let source: BlockSource | undefined;
  try {
    const blocks = await openBlocks(options);
    source = blocks;
    const to = options.to ?? blocks.head;
    if (options.from > to || to > blocks.head) {
      throw new CommandError(
        EXIT_CODES.usage,
        `There are no blocks ${options.from} to ${to}: the last one is ${blocks.head}.`,
      );
    }
    const exported = await exportChainFile({
      file,
      from: options.from,
      to,
      rawBlock: (number) => blocks.rawBlock(number),
      signal: stop.signal,
      onProgress: ({ done, total }) =>
        console.progress(`${progressBar(done, total)} ${done} of ${total} blocks`),
    });
    console.progress(null);
    if (options.json) console.json({ file, from: options.from, to, ...exported });
    else {
      const { blocks: count, bytes, head } = exported;
      console.line(
        `${count} blocks, ${options.from} to ${to}, in ${bytes} bytes; the last is ${head}`,
      );
    }
  } catch (error) {
    console.progress(null);
    if (stop.signal.aborted) {
      throw new CommandError(EXIT_CODES.failure, 'Stopped; no file was made.', { cause: error });
    }
    if (error instanceof BlockUnavailableError) {
      throw new CommandError(EXIT_CODES.unreachable, error.message, { cause: error });
    }
    if (!(error instanceof ChainFileError)) throw error;
    throw new CommandError(EXIT_CODES.failure, `${error.message}.`, { cause: error });
  } finally {
    stop.release();
    await source?.close();
  }
}

async function openBlocks({ data, rpc, genesis, cluster }: ExportOptions): Promise<BlockSource> {
  const { openRpcBlocks, openStoredBlocks } = await import('@praline/node/chain-files');
  if (rpc !== undefined) return openRpcBlocks(rpc);
  return openStoredBlocks({
    data: resolve(data ?? ''),
    ...(genesis === undefined ? {} : { genesis }),
    ...(cluster === undefined ? {} : { cluster }),
  });
}
