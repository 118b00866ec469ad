/**
 * Blocks of a chain file: the RLP of one block after the other, as geth's `export` writes them. Read piece by piece, so
 * that a file of any size costs the memory of one block.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { ChainFileError } from './chain-file-error.ts';

export interface FileBlock {
  /** Where it begins, in bytes. */
  readonly offset: number;
  /** Its RLP, a list; what is in it has not been looked at. */
  readonly raw: Uint8Array;
}

/** Bytes of one block beyond which it is refused, several times what Ethereum allows (EIP-7934). */
const BLOCK_BYTES_MAX = 64 * 1024 * 1024;
/** Bytes that tell an item's length: the first and up to four more. */
const PREFIX_BYTES_MAX = 5;
const LIST = 0xc0;
const LONG_LIST = 0xf7;

/** Throws `ChainFileError`: `unreadable`, `truncated`, `not-a-block`. */
export async function* readChainFile(path: string): AsyncGenerator<FileBlock> {
  const file = await open(path, 'r').catch((error: unknown) => {
    throw new ChainFileError('unreadable', null, `${path} can not be read: ${text(error)}`, error);
  });
  try {
    const { size } = await file.stat();
    for (let offset = 0; offset < size; ) {
      const raw = await readBlockAt(file, offset, size);
      yield { offset, raw };
      offset += raw.length;
    }
  } finally {
    await file.close();
  }
}

async function readBlockAt(file: FileHandle, offset: number, size: number): Promise<Uint8Array> {
  const prefix = await readBytes(file, offset, Math.min(PREFIX_BYTES_MAX, size - offset));
  const length = lengthOf(prefix, offset);
  const left = size - offset;
  if (length === undefined || length > left) {
    const of = length === undefined ? '' : ` of ${length}`;
    throw new ChainFileError(
      'truncated',
      offset,
      `the file ends within the block that begins at byte ${offset}: ${left}${of} bytes are there`,
    );
  }
  return readBytes(file, offset, length);
}

/** Of the whole item; undefined when the prefix ends before it says. */
function lengthOf(prefix: Uint8Array, offset: number): number | undefined {
  const [first = 0] = prefix;
  if (first < LIST) throw notABlock(offset, prefix);
  if (first <= LONG_LIST) return 1 + first - LIST;
  const sizeBytes = first - LONG_LIST;
  if (sizeBytes > PREFIX_BYTES_MAX - 1) throw notABlock(offset, prefix);
  if (prefix.length < 1 + sizeBytes) return undefined;
  let length = 0;
  for (const byte of prefix.subarray(1, 1 + sizeBytes)) length = length * 256 + byte;
  if (length > BLOCK_BYTES_MAX) throw notABlock(offset, prefix);
  return 1 + sizeBytes + length;
}

function notABlock(offset: number, [first = 0, second = 0]: Uint8Array): ChainFileError {
  const isGzip = offset === 0 && first === 0x1f && second === 0x8b;
  return new ChainFileError(
    'not-a-block',
    offset,
    isGzip
      ? 'the file is packed with gzip: unpack it first'
      : `no block begins at byte ${offset}: a list of RLP of at most ${BLOCK_BYTES_MAX} bytes is expected`,
  );
}

async function readBytes(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) {
      throw new ChainFileError('truncated', offset, 'the file became shorter while it was read');
    }
    done += bytesRead;
  }
  return bytes;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
