/** What is wrong with a chain file: */
export type ChainFileFault =
  /** It can not be opened or read. */
  | 'unreadable'
  /** It ends within a block. */
  | 'truncated'
  /** Bytes that are no block where one must begin. */
  | 'not-a-block'
  /** A block does not continue the one before it, or the chain that is in the folder. */
  | 'not-connected'
  /** Its block 0 is another one. */
  | 'another-genesis'
  /** It holds another block than the folder at the same number. */
  | 'another-chain'
  /** A block breaks a rule or claims another outcome than its execution has. */
  | 'invalid-block';

/** A chain file that can not be imported from some byte on. What came before is imported. */
export class ChainFileError extends Error {
  override readonly name = 'ChainFileError';
  readonly code: ChainFileFault;
  /** Where the block begins in the file, in bytes; null where no block is meant. */
  readonly offset: number | null;

  constructor(code: ChainFileFault, offset: number | null, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.code = code;
    this.offset = offset;
  }
}
