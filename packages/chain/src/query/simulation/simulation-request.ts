import type { BlockData, LogData } from '../../block/block-data.ts';
import type { Address, Hash, Hex, Wei } from '../../primitives.ts';
import type { AccountOverride, BlockOverride, CallRequest } from '../call-executor.ts';

/** Blocks that do not exist, on top of one that does. */
export interface SimulationRequest {
  /** In their order; numbers that are left out become empty blocks. */
  readonly blocks: readonly BlockToSimulate[];
  /** Transfers of ether appear as logs. */
  readonly traceTransfers: boolean;
  /** Nonces and fees must be those of valid transactions; otherwise what is not given is free. */
  readonly validation: boolean;
}

export interface BlockToSimulate {
  readonly blockOverrides?: BlockOverride;
  readonly stateOverrides?: ReadonlyMap<Address, AccountOverride>;
  readonly calls: readonly CallToSimulate[];
}

export interface CallToSimulate extends CallRequest {
  readonly maxFeePerBlobGas?: Wei;
  readonly blobVersionedHashes?: readonly Hash[];
}

export interface SimulatedBlock {
  readonly block: BlockData;
  /** In the order of the transactions. */
  readonly calls: readonly SimulatedCall[];
}

export interface SimulatedCall {
  readonly output: Hex;
  readonly logs: readonly LogData[];
  readonly gasUsed: bigint;
  /** Before refunds. */
  readonly gasUsedAtMost: bigint;
  /** Why it failed; `output` of a revert is its reason. */
  readonly failure?: { readonly kind: 'revert' | 'failure'; readonly message: string };
}
