/** What happens in a network of several nodes, told once however many nodes report it. */

export interface RunningNode {
  /** Number in the cluster file, from 1. */
  readonly id: number;
  readonly pid: number;
  readonly rpc: string;
  readonly p2p: string;
  readonly publicKey: string;
  readonly role: 'leader' | 'follower';
}

export type NetworkEvent =
  | {
      readonly event: 'ready';
      readonly nodes: readonly RunningNode[];
      readonly chainId: string;
      readonly blockNumber: number;
    }
  | {
      readonly event: 'leader';
      readonly term: number;
      readonly node: number | null;
      readonly publicKey: string;
    }
  | {
      readonly event: 'block';
      readonly number: number;
      readonly hash: string;
      readonly transactions: number;
      readonly gasUsed: string;
      readonly executionMs: number;
    }
  | {
      readonly event: 'node-lost';
      readonly node: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly reason: string;
    }
  | { readonly event: 'node-back'; readonly node: number; readonly pid: number | null }
  /** The members changed. */
  | {
      readonly event: 'epoch';
      readonly epoch: number;
      readonly validators: number;
      readonly observers: number;
    }
  /** A validator signed statements that contradict each other; told once for each kind. */
  | {
      readonly event: 'evidence';
      readonly publicKey: string;
      readonly node: number | null;
      readonly kind: string;
    }
  | { readonly event: 'stopped' };
