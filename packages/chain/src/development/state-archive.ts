/**
 * Many accounts in few bytes, as a loaded state stands in the log: the RLP list of the edits, deflated (RFC 1951). Nodes
 * only inflate what the leader's client deflated, so releases that deflate otherwise agree.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { decodeField, encodeField } from '../encoding/rlp-fields.ts';
import { ChainError } from '../errors.ts';
import { type AccountEdit, accountEdits } from './operation.ts';

/** Inflated: bounds what a few bytes make every node hold. */
const ARCHIVE_BYTES_MAX = 16 * 1024 * 1024;

/** Throws `ChainError` `invalid-request` for more than an archive holds. */
export function archiveOf(accounts: readonly AccountEdit[]): Uint8Array {
  const encoded = encodeField(accountEdits, accounts);
  if (encoded.length <= ARCHIVE_BYTES_MAX) {
    return Uint8Array.from(deflateRawSync(encoded, { level: 9 }));
  }
  throw new ChainError(
    'invalid-request',
    `the state takes ${encoded.length} bytes, ${ARCHIVE_BYTES_MAX} are allowed`,
  );
}

/** Throws `ChainError` `invalid-request` for anything but an archive. */
export function accountsIn(archive: Uint8Array): readonly AccountEdit[] {
  try {
    return decodeField(
      accountEdits,
      inflateRawSync(archive, { maxOutputLength: ARCHIVE_BYTES_MAX }),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ChainError('invalid-request', `a state to load is malformed: ${reason}`);
  }
}
