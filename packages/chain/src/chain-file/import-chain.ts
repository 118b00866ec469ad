/**
 * Executes the blocks of a chain file on a genesis block, into a folder: every rule and every root is checked. Blocks that
 * are there already are compared and passed over, so an import that was interrupted goes on where it stopped.
 */
import { statSync } from 'node:fs';
import type { HeaderData } from '../block/block-data.ts';
import { InvalidBlockError } from '../block/invalid-block-error.ts';
import { Chain } from '../chain.ts';
import { ChainError } from '../errors.ts';
import { parseBlock } from '../execution/block-body.ts';
import type { BlockOrigin } from '../execution/header-rules.ts';
import type { Genesis } from '../genesis/genesis.ts';
import { blockNumberOf, type Hash } from '../primitives.ts';
import { StoredChainReader } from '../query/stored-chain-reader.ts';
import { ChainFileError } from './chain-file-error.ts';
import { type FileBlock, readChainFile } from './read-chain-file.ts';

export interface ImportProgress {
  /** Bytes of the file, done and all. */
  readonly done: number;
  readonly total: number;
  /** Number of the last block. */
  readonly block: number;
}

export interface ImportOptions {
  readonly file: string;
  /** The chain's folder; made when it is missing. */
  readonly directory: string;
  readonly genesis: Genesis;
  /** Whose rules the blocks obey beyond Ethereum's; default `import`. Blocks of `network` may share a second. */
  readonly origin?: BlockOrigin;
  /** The folder has this genesis and takes the file's blocks. */
  readonly onOpened?: () => void;
  readonly onProgress?: (progress: ImportProgress) => void;
  /** Ends the import after the block that is being executed, with what came before on disk. */
  readonly signal?: AbortSignal;
}

export interface ImportedChain {
  readonly head: HeaderData;
  /** Blocks that this import added. */
  readonly imported: number;
  /** Blocks of the file that were here before, genesis among them. */
  readonly skipped: number;
  /** Whether the whole file was read; false when the import was ended by its signal. */
  readonly isComplete: boolean;
}

/** Stored with the last block: says that no log of entries stands behind this chain. */
const IMPORT_MARKER = Buffer.from('imported', 'ascii');
/** What is committed in one transaction of the disk. */
const BATCH_BLOCKS = 128;
const BATCH_BYTES = 16 * 1024 * 1024;

/**
 * Throws `ChainFileError` where the file can not be followed; the blocks before that are imported. Throws `ChainError` as
 * `Chain.open` does, and `chain-exists` when the folder's chain was not imported.
 */
export async function importChainFile(options: ImportOptions): Promise<ImportedChain> {
  const chain = await createOrOpen(options);
  try {
    if (chain.marker !== null && Buffer.compare(chain.marker, IMPORT_MARKER) !== 0) {
      throw new ChainError(
        'chain-exists',
        "the folder holds a node's chain, which only its log extends",
      );
    }
    options.onOpened?.();
    return await new ChainImport(chain, options).run();
  } finally {
    await chain.close();
  }
}

async function createOrOpen(options: ImportOptions): Promise<Chain> {
  const { directory, genesis, origin = 'import' } = options;
  try {
    return await Chain.create(directory, genesis, { origin });
  } catch (error) {
    if (!(error instanceof ChainError) || error.code !== 'chain-exists') throw error;
    return Chain.open(directory, genesis, { origin });
  }
}

class ChainImport {
  readonly #chain: Chain;
  readonly #options: ImportOptions;
  /** What the folder held when the import began. */
  readonly #start: HeaderData;
  /** Executed and not yet committed. */
  #batch: Hash[] = [];
  #batchBytes = 0;
  #head: HeaderData;
  #skipped = 0;

  constructor(chain: Chain, options: ImportOptions) {
    this.#chain = chain;
    this.#options = options;
    this.#start = chain.head;
    this.#head = chain.head;
  }

  async run(): Promise<ImportedChain> {
    const { file, directory, genesis, onProgress, signal } = this.#options;
    const reader = new StoredChainReader(directory, genesis);
    try {
      for await (const block of readChainFile(file)) {
        if (signal?.aborted) return this.#result(false);
        await this.#take(block, reader);
        const done = block.offset + block.raw.length;
        onProgress?.({ done, total: statSync(file).size, block: this.#head.number });
      }
      return this.#result(true);
    } finally {
      // Also what is good before a fault of the file.
      await this.#commit();
      await reader.close();
    }
  }

  #result(isComplete: boolean): ImportedChain {
    const imported = this.#head.number - this.#start.number;
    return { head: this.#head, imported, skipped: this.#skipped, isComplete };
  }

  async #take(block: FileBlock, reader: StoredChainReader): Promise<void> {
    const { offset, raw } = block;
    const header = headerOf(block);
    const { hash, number, parentHash } = header;
    if (number <= this.#start.number && this.#head === this.#start) {
      this.#compare(header, offset, reader);
      return;
    }
    if (parentHash !== this.#head.hash || number !== this.#head.number + 1) {
      throw new ChainFileError(
        'not-connected',
        offset,
        `block ${number} at byte ${offset} does not continue block ${this.#head.number}: its parent is ${parentHash}, not ${this.#head.hash}`,
      );
    }
    await this.#chain.executeBlock(raw, this.#head.hash).catch((error: unknown) => {
      throw error instanceof InvalidBlockError ? invalid(error, number, offset) : error;
    });
    this.#head = header;
    this.#batch.push(hash);
    this.#batchBytes += raw.length;
    if (this.#batch.length >= BATCH_BLOCKS || this.#batchBytes >= BATCH_BYTES) await this.#commit();
  }

  #compare({ hash, number }: HeaderData, offset: number, reader: StoredChainReader): void {
    const held = reader.header({ number: blockNumberOf(number) })?.hash;
    this.#skipped += 1;
    if (held === hash) return;
    throw new ChainFileError(
      number === 0 ? 'another-genesis' : 'another-chain',
      offset,
      number === 0
        ? `the file begins with the genesis block ${hash}, the genesis file gives ${held}`
        : `block ${number} at byte ${offset} is ${hash}, the folder holds ${held}: import another branch into a folder of its own`,
    );
  }

  async #commit(): Promise<void> {
    const blocks = this.#batch.map((hash) => ({ hash }));
    this.#batch = [];
    this.#batchBytes = 0;
    if (blocks.length > 0) await this.#chain.commit(blocks, IMPORT_MARKER);
  }
}

function headerOf(block: FileBlock): HeaderData {
  try {
    return parseBlock(block.raw).header;
  } catch (error) {
    if (!(error instanceof InvalidBlockError)) throw error;
    throw new ChainFileError(
      'not-a-block',
      block.offset,
      `the bytes from ${block.offset} on are no block: ${error.message}`,
      error,
    );
  }
}

function invalid(error: InvalidBlockError, number: number, offset: number): ChainFileError {
  return new ChainFileError(
    'invalid-block',
    offset,
    `block ${number} at byte ${offset}: ${error.message}`,
    error,
  );
}
