/** What happened to the nodes and what an observer saw of them, in milliseconds since the start of the run. */
import type { FaultKind } from './nemesis/fault.ts';

/** One answer of `mokka_status`. */
export interface StatusSample {
  readonly at: number;
  readonly node: number;
  readonly role: string;
  readonly term: number;
  /** Number of the node that this one follows. */
  readonly leader: number | null;
  readonly commitIndex: number;
  readonly height: number;
}

/** The highest block that anyone had seen by then. */
export interface HeightSample {
  readonly at: number;
  readonly height: number;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A fault as it was imposed, its targets resolved. */
export interface ImposedFault extends Span {
  readonly episode: number;
  readonly kind: FaultKind;
  readonly nodes: readonly number[];
  readonly description: string;
}

export type NodeState = 'down' | 'starting' | 'up' | 'paused' | 'unplugged' | 'disk-full';

export interface NodeStateSpan extends Span {
  readonly node: number;
  readonly state: NodeState;
}

/** A process that ended by itself, not by a signal of ours. */
export interface UnaskedEnd {
  readonly at: number;
  readonly node: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** Whether the node's disk was full then, or had been in this life of the process. */
  readonly diskWasFull: boolean;
  /** Last words of the process. */
  readonly output: string;
}

export interface Timeline {
  readonly duration: number;
  /** From the start of the clients and the schedule to the end of all faults. */
  readonly disturbed: Span;
  readonly samples: readonly StatusSample[];
  readonly heights: readonly HeightSample[];
  readonly faults: readonly ImposedFault[];
  readonly states: readonly NodeStateSpan[];
  /** When enough nodes were up, reachable and connected with each other to agree on something. */
  readonly healthy: readonly Span[];
  readonly unaskedEnds: readonly UnaskedEnd[];
  /** Since all faults were over, until every node took part again; null when they did not in time. */
  readonly recovery: { readonly from: number; readonly to: number | null; readonly error?: string };
}
