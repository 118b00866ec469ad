/** What users of `push` see: keys and values, where they stand in the log, and the bounds on them. */
import type { LogIndex, NodeId } from '../core/types.ts';

/** A value that JSON can carry without loss. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** Where a push stands: places compare by index, then position. */
export interface PushPlace {
  /** Of the entry that carries it. */
  readonly index: LogIndex;
  /** Within that entry, counted from 0. Numbers may be left out: a push that came twice counts once. */
  readonly position: number;
}

/** What a push is handed over with. */
export interface PushContext extends PushPlace {
  /** Unix time in milliseconds by the clock of the leader that proposed it; the same on every node. */
  readonly timestamp: number;
  /** The node where `push` was called. */
  readonly origin: NodeId;
}

/**
 * Called on every node with every committed push, one after the other, in the same order everywhere. What it does to
 * the user's state must depend on its arguments alone. A promise is waited for. When it throws or rejects the node
 * stops, since its state would differ from the others' from there on.
 */
export type ApplyPush = (
  key: string,
  value: JsonValue,
  context: PushContext,
) => void | Promise<void>;

/** What a node without an application of its own does with pushes. */
export interface OrderedLogOptions {
  /** Without it pushes are ordered and stored, and nothing is built from them. */
  readonly apply?: ApplyPush;
  /**
   * For a state that outlives the process: the place of the last push in it, or null for none, asked once at start.
   * `apply` must then be durable before it returns. Without it `apply` gets every push of the log at start.
   */
  readonly appliedUpTo?: () => Promise<PushPlace | null>;
  readonly pushLimits?: Partial<PushLimits>;
}

/** Bounds of `push`. All nodes of a cluster should have the same. */
export interface PushLimits {
  /** UTF-8 bytes of a key. */
  readonly maxKeyBytes: number;
  /** UTF-8 bytes of a value's JSON. */
  readonly maxValueBytes: number;
  /** Pushes of this node that wait to be applied; a push beyond rejects. */
  readonly maxWaiting: number;
  /** Bytes of their keys and values. A leader holds as many for each node. */
  readonly maxWaitingBytes: number;
  /** Milliseconds after which what was sent and is not yet applied is sent again. */
  readonly resendInterval: number;
}

export const DEFAULT_PUSH_LIMITS: PushLimits = {
  maxKeyBytes: 1024,
  maxValueBytes: 512 * 1024,
  maxWaiting: 10_000,
  maxWaitingBytes: 16 * 1024 * 1024,
  resendInterval: 500,
};
