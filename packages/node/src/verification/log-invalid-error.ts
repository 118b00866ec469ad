import type { LogDamage } from 'mokka/certificates';

export type LogFault =
  | LogDamage
  /** Bytes that can not be read, or are no entry or certificate. */
  | 'unreadable'
  /** An entry is not there. */
  | 'missing-entry'
  /** The log begins later than genesis: nothing tells what was before. */
  | 'not-from-genesis'
  /** It ends before what is claimed to be committed, or before a trusted entry. */
  | 'ends-early'
  /** What is claimed to be committed is not covered by a certificate. */
  | 'not-certified'
  /** An entry was agreed on another state than that of the block before it. */
  | 'wrong-state-digest'
  /** The block can not be the next of the chain. */
  | 'wrong-block'
  /** The development operation is not possible where it stands. */
  | 'wrong-operation'
  /** The chain beside the log is not the one of the log. */
  | 'wrong-chain'
  /** The entry is not the one that the caller trusts. */
  | 'not-trusted';

export interface LogFaultDetails {
  /** Of the entry at fault. */
  readonly index: number;
  /** Number of its block; null when it carries none, or that is not known. */
  readonly block: number | null;
  readonly message: string;
  /** What should be there, and what is; null where the message says all. */
  readonly expected: string | null;
  readonly found: string | null;
}

/** The log is not what the cluster agreed on, or not the whole of it. */
export class LogInvalidError extends Error {
  override readonly name = 'LogInvalidError';
  readonly code: LogFault;
  readonly details: LogFaultDetails;

  constructor(code: LogFault, details: LogFaultDetails) {
    const { index, block, message } = details;
    super(`entry ${index}${block === null ? '' : ` (block ${block})`}: ${message}`);
    this.code = code;
    this.details = details;
  }
}
