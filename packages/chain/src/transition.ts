/** Blocks and development operations on their way to being committed, as whoever drives a chain sees them. */
import type { BlockData, ReceiptData } from './block/block-data.ts';
import type { PrintedLines } from './console/printed-lines.ts';
import type {
  AgreedOperation,
  OperationOutcome,
  OperationRequest,
} from './development/operation.ts';
import type { Position } from './development/position.ts';
import type { ExecutedBlock } from './execution/build-block.ts';
import type { Address, BlockRef, Hash } from './primitives.ts';

/**
 * A block or development operation to commit: as it stands in the log, or the id of the position after it when it is in
 * flight; that of a block is its hash as long as no operation was ever used. `agreedSeconds`: of its log entry.
 */
export type TransitionToCommit =
  | { readonly raw: Uint8Array; readonly agreedSeconds?: number }
  | { readonly operation: AgreedOperation; readonly agreedSeconds: number }
  | { readonly hash: Hash };

/** What subscribers and the mempool need of a block that is now final. */
export interface CommittedBlock {
  readonly kind: 'block';
  readonly block: BlockData;
  readonly receipts: readonly ReceiptData[];
  /** Accounts whose nonce or balance may differ from before the block. */
  readonly touched: readonly Address[];
  /** By `console.log`; empty where the chain is not in development mode. */
  readonly printed: readonly PrintedLines[];
}

/** What they need of a development operation. */
export interface CommittedOperation {
  readonly kind: 'operation';
  readonly request: OperationRequest;
  readonly outcome: OperationOutcome;
  /** Blocks that are on the chain no more, the highest first. */
  readonly abandoned: readonly BlockRef[];
  /** After it. */
  readonly head: BlockRef;
}

export type CommittedTransition = CommittedBlock | CommittedOperation;

/** A block that is built or checked, with the position after it. */
export type PlacedBlock<Block extends ExecutedBlock = ExecutedBlock> = Block & {
  readonly position: Position;
};

/** A development operation as it may be agreed on, with what would come of it. */
export interface PlacedOperation {
  readonly agreed: AgreedOperation;
  readonly position: Position;
  readonly outcome: OperationOutcome;
}
