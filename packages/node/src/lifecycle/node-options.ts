import type { Address, GenesisConfiguration } from '@praline/chain';
import type { NodeKey, Retention, Timing } from 'mokka';
import type { ClusterNode } from '../config/cluster-file.ts';
import type { RpcAccess } from '../config/rpc-access.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { NodeEvent } from './node-event.ts';

/** Everything one node is made of. Files have been read and checked by now. */
export interface NodeOptions {
  /** Number in the cluster file, from 1. */
  readonly number: number;
  readonly key: NodeKey;
  /** All nodes in the order of the cluster file, this one included. */
  readonly members: readonly ClusterNode[];
  readonly genesis: GenesisConfiguration;
  /** What `genesis` was made from; the threads make their own. */
  readonly genesisJson: unknown;
  /** Data folder, locked for this process. */
  readonly dataPath: string;
  readonly logger: Logger;
  readonly onEvent: (event: NodeEvent) => void;
  /** Where fees of this node's blocks go. */
  readonly coinbase: Address;
  readonly timing?: Partial<Timing>;
  /** What is kept of the log. Default: everything. */
  readonly retention?: Retention;
  /** Last blocks whose states are kept for queries and proofs. Default: all. */
  readonly stateHistory?: number;
  /** Entries behind from which on a snapshot is taken instead of replaying the log. */
  readonly snapshotDistance?: number;
  /** Whether clients may change the network: leadership, validators. Default: in development mode. */
  readonly admin?: boolean;
  /** To whom JSON-RPC is served, and where beside the RPC port. Default: to this machine's pages and all programs. */
  readonly rpc?: RpcAccess;
  /** Threads for `eth_call` and its like. */
  readonly callThreads?: number;
  /** Milliseconds one call may run. */
  readonly callTimeLimitMs?: number;
}
