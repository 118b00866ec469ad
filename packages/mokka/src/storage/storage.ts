/**
 * Durable storage as the core sees it: a few ordered tables of bytes and one atomic, synced write.
 *
 * What the bytes mean is the core's business; how they reach the disk is the storage's.
 */

/**
 * Numbered tables are keyed by a number (big-endian order, so a range is a range of indexes), `records` by a short name.
 * `votes` holds this node's votes of acceptance, `commit-votes` those of the second phase of BFT.
 */
export type NumberedTable =
  | 'entries'
  | 'certificates'
  | 'votes'
  | 'commit-votes'
  | 'proofs'
  | 'evidence'
  | 'memberships';

export type StorageOperation =
  | {
      readonly type: 'put';
      readonly table: NumberedTable;
      readonly key: number;
      readonly value: Uint8Array;
    }
  | { readonly type: 'delete'; readonly table: NumberedTable; readonly key: number }
  /** Removes every key >= `from`. */
  | { readonly type: 'delete-from'; readonly table: NumberedTable; readonly from: number }
  /** Removes every key < `below`. */
  | { readonly type: 'delete-below'; readonly table: NumberedTable; readonly below: number }
  | { readonly type: 'put-record'; readonly name: string; readonly value: Uint8Array }
  | { readonly type: 'delete-record'; readonly name: string };

export interface RangeLimits {
  readonly maxCount: number;
  /** Stops after the value that passes this many bytes; at least one value is returned if one exists. */
  readonly maxBytes: number;
}

export interface NumberedValue {
  readonly key: number;
  readonly value: Uint8Array;
}

export interface Storage {
  get(table: NumberedTable, key: number): Promise<Uint8Array | undefined>;
  /** Values with `from <= key <= to`, ascending. */
  range(
    table: NumberedTable,
    from: number,
    to: number,
    limits: RangeLimits,
  ): Promise<readonly NumberedValue[]>;
  /** The greatest key of a table, or undefined when it is empty. */
  lastKey(table: NumberedTable): Promise<number | undefined>;
  record(name: string): Promise<Uint8Array | undefined>;
  /** All named records; they are few. */
  records(): Promise<ReadonlyMap<string, Uint8Array>>;
  /**
   * Applies all operations in one atomic transaction. Resolves once they are synced to disk; writes resolve in the
   * order in which they were asked for. A rejection is final: the host must stop the node, since what is on disk is
   * no longer known.
   */
  write(operations: readonly StorageOperation[]): Promise<void>;
  close(): Promise<void>;
}
