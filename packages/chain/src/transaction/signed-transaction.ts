import type { TransactionData } from '../block/block-data.ts';

/** A decoded transaction with a good signature, or of an impersonated account. Whether it is valid on a chain is `validateTransaction`'s to say. */
export interface SignedTransaction {
  /** The EIP-2718 bytes it was decoded from: what blocks contain and what the hash covers. */
  readonly raw: Uint8Array;
  readonly data: TransactionData;
  /**
   * 64 bytes, uncompressed without prefix; spares the executor a second recovery. Null where the sender is stated and not
   * proved: an impersonated account.
   */
  readonly senderPublicKey: Uint8Array | null;
}
