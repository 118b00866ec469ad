import type { TransactionData } from '../block/block-data.ts';
import type { Address } from '../primitives.ts';

/** The pool as `txpool_*` shows it: per sender and nonce. */
export interface PoolContent {
  /** Executable in order from the sender's account nonce. */
  readonly pending: ReadonlyMap<Address, readonly TransactionData[]>;
  /** Behind a nonce gap. */
  readonly queued: ReadonlyMap<Address, readonly TransactionData[]>;
}

export interface PoolStatus {
  readonly pending: number;
  readonly queued: number;
}
