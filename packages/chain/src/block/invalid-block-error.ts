/**
 * A block that breaks a rule. A validator does not vote for it.
 */
import { ChainError } from '../errors.ts';

/** The rule, by what it is about. */
export type BlockFault =
  | 'malformed'
  | 'unknown-parent'
  | 'header-fields'
  | 'number'
  | 'timestamp'
  | 'gas-limit'
  | 'gas-used'
  | 'base-fee'
  | 'blob-gas'
  | 'extra-data'
  | 'prev-randao'
  | 'difficulty'
  | 'ommers'
  | 'transactions-root'
  | 'withdrawals'
  | 'transaction'
  | 'system-call'
  | 'receipts-root'
  | 'logs-bloom'
  | 'requests-hash'
  | 'state-root';

export class InvalidBlockError extends ChainError {
  readonly fault: BlockFault;

  constructor(fault: BlockFault, reason: string) {
    super('invalid-block', `invalid block: ${fault}: ${reason}`, { fault });
    this.name = 'InvalidBlockError';
    this.fault = fault;
  }
}
