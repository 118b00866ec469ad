/**
 * Checks of what is asked of a storage, shared by its implementations, so that a write is refused whole before any
 * part of it is applied.
 */
import type { NumberedTable, RangeLimits, StorageOperation } from './storage.ts';
import { StorageError } from './storage-error.ts';

export const NUMBERED_TABLES: readonly NumberedTable[] = [
  'entries',
  'certificates',
  'votes',
  'commit-votes',
  'proofs',
  'evidence',
  'memberships',
];
/** Longest name of a record in bytes of UTF-8. */
const RECORD_NAME_MAX_BYTES = 256;

/** @throws {StorageError} `invalid-operation` for the first operation that a table can not hold. */
export function checkOperations(operations: readonly StorageOperation[]): void {
  for (const operation of operations) {
    switch (operation.type) {
      case 'put':
      case 'delete':
        checkKey(operation.key);
        break;
      case 'delete-from':
        checkKey(operation.from);
        break;
      case 'delete-below':
        checkKey(operation.below);
        break;
      case 'put-record':
      case 'delete-record':
        checkRecordName(operation.name);
        break;
    }
  }
}

/** @throws {StorageError} `invalid-operation` unless it is a safe integer from 0. */
export function checkKey(key: number): void {
  if (!Number.isSafeInteger(key) || key < 0) {
    throw new StorageError(
      'invalid-operation',
      `a key of a numbered table is a safe integer from 0, not ${key}`,
    );
  }
}

/** @throws {StorageError} `invalid-operation` for an empty or overlong name. */
export function checkRecordName(name: string): void {
  const length = Buffer.byteLength(name);
  if (length === 0 || length > RECORD_NAME_MAX_BYTES) {
    throw new StorageError(
      'invalid-operation',
      `a record's name has 1 to ${RECORD_NAME_MAX_BYTES} bytes, not ${length}`,
    );
  }
}

/** @throws {StorageError} `invalid-operation` unless both limits are positive. */
export function checkLimits(limits: RangeLimits): void {
  if (!(limits.maxCount >= 1) || !(limits.maxBytes >= 1)) {
    throw new StorageError(
      'invalid-operation',
      `a range is limited to at least one value and one byte, not ${limits.maxCount} and ${limits.maxBytes}`,
    );
  }
}
