/**
 * Which faults of ours an exception of the suite stands for, so that an invalid block counts only when it is refused for
 * its own reason. Where the suite allows several exceptions (`A|B`), either will do.
 */
import type { BlockFault } from '../packages/chain/src/block/invalid-block-error.ts';

const FAULTS: Readonly<Record<string, readonly BlockFault[]>> = {
  'BlockException.BLOB_GAS_USED_ABOVE_LIMIT': ['blob-gas', 'transaction'],
  'BlockException.EXTRA_DATA_TOO_BIG': ['extra-data'],
  'BlockException.GASLIMIT_TOO_BIG': ['gas-limit'],
  'BlockException.IMPORT_IMPOSSIBLE_UNCLES_OVER_PARIS': ['ommers', 'malformed'],
  'BlockException.INCORRECT_BLOB_GAS_USED': ['blob-gas'],
  'BlockException.INCORRECT_BLOCK_FORMAT': ['header-fields', 'malformed'],
  'BlockException.INCORRECT_EXCESS_BLOB_GAS': ['blob-gas'],
  'BlockException.INVALID_BASEFEE_PER_GAS': ['base-fee'],
  'BlockException.INVALID_BLOCK_NUMBER': ['number'],
  'BlockException.INVALID_BLOCK_TIMESTAMP_OLDER_THAN_PARENT': ['timestamp'],
  'BlockException.INVALID_DEPOSIT_EVENT_LAYOUT': ['system-call', 'requests-hash'],
  'BlockException.INVALID_GAS_USED': ['gas-used'],
  'BlockException.INVALID_GAS_USED_ABOVE_LIMIT': ['gas-used'],
  'BlockException.INVALID_GASLIMIT': ['gas-limit', 'gas-used'],
  'BlockException.INVALID_LOG_BLOOM': ['logs-bloom'],
  'BlockException.INVALID_RECEIPTS_ROOT': ['receipts-root'],
  'BlockException.INVALID_REQUESTS': ['requests-hash'],
  'BlockException.INVALID_STATE_ROOT': ['state-root'],
  'BlockException.INVALID_TRANSACTIONS_ROOT': ['transactions-root'],
  'BlockException.INVALID_UNCLES_HASH': ['ommers'],
  'BlockException.INVALID_WITHDRAWALS_ROOT': ['withdrawals'],
  'BlockException.RLP_INVALID_FIELD_OVERFLOW_64': ['malformed', 'withdrawals'],
  'BlockException.RLP_STRUCTURES_ENCODING': ['malformed'],
  'BlockException.RLP_WITHDRAWALS_NOT_READ': ['malformed', 'withdrawals'],
  'BlockException.SYSTEM_CONTRACT_CALL_FAILED': ['system-call'],
  'BlockException.SYSTEM_CONTRACT_EMPTY': ['system-call'],
  'BlockException.UNKNOWN_PARENT': ['unknown-parent'],
  'BlockException.UNKNOWN_PARENT_ZERO': ['unknown-parent'],
};

/**
 * A transaction that is no transaction may spoil the block's encoding too. Some fixtures put a bad transaction into a block
 * whose header was made without it.
 */
const OF_TRANSACTIONS: readonly BlockFault[] = ['transaction', 'malformed', 'transactions-root'];

/** False for an exception that is not in the table: new fixtures need a line there. */
export function isExpectedFault(exceptions: string, fault: BlockFault): boolean {
  return exceptions.split('|').some((exception) => {
    const isOfTransaction = exception.startsWith('TransactionException.');
    return (isOfTransaction ? OF_TRANSACTIONS : (FAULTS[exception] ?? [])).includes(fault);
  });
}
