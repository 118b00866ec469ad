/** Writes blocks as a chain file, complete or not at all. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { parseBlock } from '../execution/block-body.ts';
import type { Hash } from '../primitives.ts';
import { ChainFileError } from './chain-file-error.ts';

export interface ExportOptions {
  /** Must not exist. */
  readonly file: string;
  /** Numbers of the first and last block. */
  readonly from: number;
  readonly to: number;
  /** RLP of the block with this number. */
  readonly rawBlock: (number: number) => Promise<Uint8Array>;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Ends the export; nothing is left of it. */
  readonly signal?: AbortSignal;
}

export interface ExportedChain {
  readonly blocks: number;
  readonly bytes: number;
  /** Hash of the last block. */
  readonly head: Hash;
}

/**
 * Checks that the blocks have their numbers and follow each other; their execution was checked by whoever stored them.
 * Throws `ChainFileError`: `not-connected`; `unreadable` when the file can not be made or exists.
 */
export async function exportChainFile(options: ExportOptions): Promise<ExportedChain> {
  const { file } = options;
  const unfinished = `${file}.unfinished`;
  const target = await open(file, 'wx').catch((error: unknown) => {
    throw new ChainFileError('unreadable', null, reasonOf(file, error), error);
  });
  // Held empty under its name until the blocks are there, so that nobody else takes the name.
  await target.close();
  try {
    const output = await open(unfinished, 'w');
    let exported: ExportedChain;
    try {
      exported = await writeBlocks(output, options);
      await output.sync();
    } finally {
      await output.close();
    }
    await rename(unfinished, file);
    return exported;
  } catch (error) {
    await rm(unfinished, { force: true });
    await rm(file, { force: true });
    throw error;
  }
}

async function writeBlocks(output: FileHandle, options: ExportOptions): Promise<ExportedChain> {
  const { from, to, rawBlock, onProgress, signal } = options;
  let last: Hash | undefined;
  let bytes = 0;
  for (let number = from; number <= to; number += 1) {
    signal?.throwIfAborted();
    const raw = await rawBlock(number);
    const { header } = parseBlock(raw);
    if (header.number !== number || (last !== undefined && header.parentHash !== last)) {
      throw new ChainFileError(
        'not-connected',
        null,
        `what was given as block ${number} is block ${header.number} ${header.hash} with the parent ${header.parentHash}, not ${last ?? 'any'}`,
      );
    }
    last = header.hash;
    await output.appendFile(raw);
    bytes += raw.length;
    onProgress?.({ done: number - from + 1, total: to - from + 1 });
  }
  if (last === undefined) {
    throw new ChainFileError('not-connected', null, `there are no blocks from ${from} to ${to}`);
  }
  return { blocks: to - from + 1, bytes, head: last };
}

function reasonOf(file: string, error: unknown): string {
  const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
  if (exists) return `${file} exists; name a new file`;
  return `${file} can not be written: ${error instanceof Error ? error.message : error}`;
}
