import type { AccessListItem, AuthorizationData } from '../block/block-data.ts';
import type { Address, Hash, Hex, Wei } from '../primitives.ts';
import type { BlockSelector } from './chain-reader.ts';
import type { SimulatedBlock, SimulationRequest } from './simulation/simulation-request.ts';
import type { StorageRange, StorageRangeRequest } from './tracing/storage-range.ts';
import type { TraceOptions, TraceValue, TransactionTrace } from './tracing/trace-request.ts';
import type {
  Replay,
  ReplayedCall,
  ReplayOptions,
  TransactionReplay,
} from './tracing/transaction-replay.ts';

/**
 * Runs the EVM on a committed state without changing it: inside of the block that is named, or for `pending` inside of
 * the block that would follow the head now, with its number, time and base fee. Costs up to `gasCap` gas of CPU, so a
 * node runs it on threads that nothing else waits for.
 */
export interface CallExecutor {
  /**
   * Throws `ChainError` for what keeps a call from running at all: `unknown-block`, `insufficient-funds`,
   * `intrinsic-gas-too-low`, prices that contradict each other or the base fee; and `execution-timeout`.
   */
  call(request: CallRequest, block: BlockSelector, options?: CallOptions): Promise<CallResult>;
  /**
   * A gas limit with which the call succeeds, at most 1.5 % above the least one (geth's search). Throws
   * `ExecutionRevertedError`, `ChainError` `execution-failed` and `gas-required-exceeds-allowance`, and what `call` throws.
   */
  estimateGas(request: CallRequest, block: BlockSelector, options?: CallOptions): Promise<bigint>;
  /** EIP-2930 list that makes the call cheapest, and the gas it then uses. */
  createAccessList(
    request: CallRequest,
    block: BlockSelector,
    options?: CallOptions,
  ): Promise<AccessListResult>;
  /**
   * Blocks of calls on top of a committed block. Throws `ChainError`: `unknown-block`, `block-number-order`,
   * `block-time-order`, `too-many-blocks`, `execution-timeout`, and what keeps one of the calls from running.
   */
  simulate(request: SimulationRequest, block: BlockSelector): Promise<readonly SimulatedBlock[]>;
  /**
   * Runs a committed transaction again, after those before it in its block. Throws `ChainError`: `unknown-transaction`,
   * `history-unavailable`, `state-pruned` when the state before its block is not here, `execution-timeout`, `trace-too-large`.
   */
  traceTransaction(hash: Hash, trace: TraceOptions): Promise<TraceValue>;
  /** All transactions of a block; as `traceTransaction`, and `unknown-block`. */
  traceBlock(block: BlockSelector, trace: TraceOptions): Promise<readonly TransactionTrace[]>;
  /** A call on the state after a block; throws what `call` throws, and `trace-too-large`. */
  traceCall(
    request: CallRequest,
    block: BlockSelector,
    trace: TraceOptions,
    options?: CallOptions,
  ): Promise<TraceValue>;
  /** The frames of a committed transaction, and what it changed; throws what `traceTransaction` throws. */
  replayTransaction(hash: Hash, options: ReplayOptions): Promise<TransactionReplay>;
  /** Those of all transactions of a block, in order; throws what `traceBlock` throws. Genesis has none. */
  replayBlock(block: BlockSelector, options: ReplayOptions): Promise<readonly TransactionReplay[]>;
  /**
   * Calls on the state after a block, each on what those before it left. They share the time and size of one question.
   * Throws what `traceCall` throws.
   */
  replayCalls(calls: readonly ReplayedCall[], block: BlockSelector): Promise<readonly Replay[]>;
  /**
   * A piece of a contract's storage in the middle of a block. Throws `ChainError`: `unknown-block`, `invalid-request`
   * beyond the block's transactions, and what `traceBlock` throws.
   */
  storageRange(request: StorageRangeRequest): Promise<StorageRange>;
}

/** Fields as in `eth_call`; absent ones have geth's defaults. */
export interface CallRequest {
  readonly from?: Address;
  readonly to?: Address | null;
  readonly gas?: bigint;
  readonly gasPrice?: Wei;
  readonly maxFeePerGas?: Wei;
  readonly maxPriorityFeePerGas?: Wei;
  readonly value?: Wei;
  readonly input?: Hex;
  readonly nonce?: bigint;
  readonly accessList?: readonly AccessListItem[];
  readonly authorizationList?: readonly AuthorizationData[];
}

export interface CallOptions {
  /** geth's state override set. */
  readonly stateOverrides?: ReadonlyMap<Address, AccountOverride>;
  /** geth's block overrides. */
  readonly blockOverrides?: BlockOverride;
}

export interface AccountOverride {
  readonly nonce?: bigint;
  readonly balance?: Wei;
  readonly code?: Hex;
  /** Replaces all storage. Excludes `stateDiff`. */
  readonly state?: ReadonlyMap<bigint, Hash>;
  /** Replaces single slots. */
  readonly stateDiff?: ReadonlyMap<bigint, Hash>;
  /** The precompiled contract that is here moves there. */
  readonly movePrecompileTo?: Address;
}

export interface BlockOverride {
  readonly number?: bigint;
  readonly time?: bigint;
  readonly gasLimit?: bigint;
  readonly feeRecipient?: Address;
  readonly prevRandao?: Hash;
  readonly baseFeePerGas?: Wei;
  /** What BLOBBASEFEE shows. */
  readonly blobBaseFee?: Wei;
}

/** Where a call ended; a revert is an answer, not an exception. */
export type CallResult =
  | { readonly status: 'success'; readonly output: Hex; readonly gasUsed: bigint }
  | { readonly status: 'revert'; readonly output: Hex; readonly gasUsed: bigint }
  /** Any other EVM failure; `error` is geth's wording, such as `out of gas`. */
  | { readonly status: 'failure'; readonly error: string; readonly gasUsed: bigint };

export interface AccessListResult {
  readonly accessList: readonly AccessListItem[];
  readonly gasUsed: bigint;
  /** Set when the call failed with the list. */
  readonly error?: string;
}
