/** What a transaction did when it ran again, as values that explorers' formats are made of. */
import type { Address, Hash, Hex, Wei } from '../../primitives.ts';
import type { CallRequest } from '../call-executor.ts';
import type { FrameType } from './evm-tracer.ts';

/** One message of the EVM, or a self-destruction. */
export interface ReplayedFrame {
  readonly type: FrameType;
  /** Positions among the calls of each frame above it; empty for the outermost. */
  readonly path: readonly number[];
  /** Calls right below it that are told. */
  readonly calls: number;
  readonly from: Address;
  /** Whose code runs, what was made, or who gets what is left; null where a creation failed. */
  readonly to: Address | null;
  /** Undefined for a static call. */
  readonly value?: Wei;
  readonly input: Hex;
  readonly gas: bigint;
  readonly gasUsed: bigint;
  readonly output: Hex;
  /** In geth's words. */
  readonly error?: string;
}

/** An account as one side of a transaction saw it; null where there was none. */
export interface AccountSide {
  readonly balance: Wei;
  readonly nonce: bigint;
  readonly code: Hex;
}

export interface AccountChange {
  readonly address: Address;
  readonly before: AccountSide | null;
  readonly after: AccountSide | null;
  /** Those that differ, 32 bytes each. */
  readonly storage: readonly { readonly slot: Hash; readonly before: Hex; readonly after: Hex }[];
}

export interface ReplayOptions {
  /** Whether accounts and slots that changed are told; it costs an event per step. */
  readonly changes: boolean;
}

export interface Replay {
  /** In the order of execution, the outermost first; calls of precompiled contracts without value are left out. */
  readonly frames: readonly ReplayedFrame[];
  /** Undefined when not asked for. */
  readonly changes?: readonly AccountChange[];
}

export interface TransactionReplay extends Replay {
  readonly hash: Hash;
  /** In its block. */
  readonly index: number;
}

/** One of several calls, each on the state that those before it left. */
export interface ReplayedCall extends ReplayOptions {
  readonly request: CallRequest;
}
