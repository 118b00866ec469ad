/** Errors of durable storage. Every one of them means that the node must not go on with this store. */

export type StorageErrorCode =
  /** No store in the folder. Rule *durability*: only `init` creates one. */
  | 'missing'
  /** `create` on a folder that already holds a store. */
  | 'exists'
  /** Written by a newer release. */
  | 'newer-format'
  /** A value does not match its checksum, or the store's structure is broken. */
  | 'corrupt'
  /** A write or its sync failed: what is on disk is no longer known. */
  | 'write-failed'
  /** Reading failed. */
  | 'read-failed'
  /** An earlier write failed, so no later one is accepted. */
  | 'poisoned'
  /** Used after `close`. */
  | 'closed'
  /** A key, name or value that the tables can not hold. */
  | 'invalid-operation';

export class StorageError extends Error {
  override readonly name = 'StorageError';
  readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
