/** Where a log to be verified comes from. Nothing that a source says is believed. */

/** One stored entry, with the certificate that names exactly it where one is kept. */
export interface LogRecord {
  readonly index: number;
  /** Canonical RLP. */
  readonly entry: Uint8Array;
  readonly certificate: Uint8Array | null;
}

export interface LogExtent {
  /** First entry that is kept; more than 1 where the node began with a snapshot, or deleted old entries. */
  readonly first: number;
  /** The membership entries below the first, ascending, each with its certificate: they are always kept. */
  readonly memberships: readonly LogRecord[];
  /** Last entry there is. */
  readonly last: number;
  /** Up to where the source claims that entries are committed; they must all be there. */
  readonly committed: number;
  /** The chain beside the log and the entry it was made from; null where there is none to compare. */
  readonly chain: {
    readonly appliedIndex: number;
    readonly appliedHash: string;
    readonly headNumber: number;
    readonly headHash: string;
  } | null;
}

export interface LogSource {
  /** As it is at the first call; what a running node adds later is not looked at. */
  extent(): Promise<LogExtent>;
  /** Records from an index on, ascending, at most `maxCount`; fewer as they are large. Throws `UnreadableEntryError`. */
  read(from: number, maxCount: number): Promise<readonly LogRecord[]>;
  close(): Promise<void>;
}

/** The bytes of an entry or its certificate can not be had. */
export class UnreadableEntryError extends Error {
  override readonly name = 'UnreadableEntryError';
  readonly index: number;

  constructor(index: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.index = index;
  }
}
