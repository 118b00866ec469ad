/** Bounds of the pool; a stranger can fill it up to these and no further. */
export interface MempoolLimits {
  /** Transactions in all. */
  readonly countMax: number;
  /** Bytes of all transactions together. */
  readonly bytesMax: number;
  /** Transactions of one sender, executable or not. */
  readonly senderCountMax: number;
  /** Transactions of one sender behind a nonce gap or beyond its funds. */
  readonly senderQueuedMax: number;
}

export const DEFAULT_MEMPOOL_LIMITS: MempoolLimits = {
  countMax: 16_384,
  bytesMax: 64 * 1024 * 1024,
  senderCountMax: 4_096,
  senderQueuedMax: 1_024,
};

/** A replacement must raise both fee cap and tip by this many percent (geth's `txpool.pricebump`). */
export const PRICE_BUMP_PERCENT = 10n;
