/**
 * What the threads of a node may call of each other. Every call is a message; arguments are structured clones.
 *
 * main (consensus) -> chain: the application interface, gossip. rpc -> chain: pool. rpc -> call: EVM calls.
 * rpc -> main: what needs the network. chain -> rpc and chain -> main, main -> rpc: events.
 */
import type {
  Address,
  CallExecutor,
  CallRequest,
  Hash,
  OperationOutcome,
  PoolContent,
  PoolStatus,
  PrintedLines,
  TransactionData,
} from '@praline/chain';
import type { Application, NodeId, SnapshotApplication } from 'mokka';
import type { Leadership } from '../gossip/leadership-transfer.ts';
import type { GossipedTransaction, RequestId } from '../gossip/peer-message.ts';
import type { MembershipForRpc } from './membership-contract.ts';

/** Served by the chain thread to the main thread. */
export interface ChainForMain extends Omit<Application, 'snapshots'>, SnapshotApplication {
  /** Opens the chain; the first call. Throws `ChainError`. */
  start(): Promise<ChainStart>;
  /** Adds transactions that peers sent; refusals are not reported. */
  receive(transactions: readonly GossipedTransaction[]): Promise<void>;
  /** Pooled transactions in an order in which another pool can take them, up to a number of bytes. */
  pooledForGossip(maxBytes: number): Promise<readonly GossipedTransaction[]>;
  /** The same, going on where the last call ended, so that every transaction has its turn. */
  nextForGossip(maxBytes: number): Promise<readonly GossipedTransaction[]>;
  /** Fills and signs for a development account; the same request id gets the same bytes. Throws `ChainError`. */
  sign(requestId: RequestId, request: CallRequest): Promise<Uint8Array>;
  /** The next proposal is made even if it is empty. Answers the number of the block once it is committed. */
  mine(): Promise<number>;
  /**
   * Brings a development operation into the log; the same request once. Resolves when it is applied here. Throws
   * `ChainError`: `invalid-request` when it is not possible, `closed` when this node does not lead any more.
   */
  develop(requestId: RequestId, operation: Uint8Array): Promise<void>;
  /** Who leads now, or the term, changed; `isAnother`: a node that is not this one leads. Event. */
  leaderChanged(leader: { readonly isAnother: boolean }): void;
  /** Closes the environment; no other call follows. */
  close(): Promise<void>;
}

/** Served by the chain thread to the RPC thread. */
export interface ChainForRpc {
  /**
   * Takes a client's transaction, and the request it answers where the leader signed it. Throws `ChainError`.
   */
  submit(raw: Uint8Array, requestId: RequestId | null): Promise<Submission>;
  /** Resolves when the main thread has passed on to the other nodes what was submitted before. */
  passedOn(): Promise<void>;
  pooled(hash: Hash): Promise<TransactionData | undefined>;
  pendingNonce(address: Address): Promise<bigint>;
  poolStatus(): Promise<PoolStatus>;
  poolContent(): Promise<PoolContent>;
}

export interface ChainStart {
  readonly blockNumber: number;
  readonly blockHash: Hash;
  /** Whether development operations were ever used. */
  readonly isDeveloped: boolean;
}

/** Where a transaction went: executable next, or behind a nonce gap. */
export interface Submission {
  readonly hash: Hash;
  readonly place: 'executable' | 'queued';
}

/** Served by the main thread to the chain thread; events. */
export interface MainForChain {
  /** Transactions this node accepted from its clients, for all validators. */
  transactionsAccepted(transactions: readonly GossipedTransaction[]): void;
  /** The leader passed this over and shall be sent it by this node. */
  transactionPassedOver(transaction: GossipedTransaction): void;
  /** Whether there is a reason to complain about the leader. */
  complaint(active: boolean): void;
  /** There may be something to propose. */
  proposalPending(): void;
  /** A block is durable here. */
  blockCommitted(block: BlockSummary): void;
  /** A development operation is durable here. */
  operationApplied(applied: {
    readonly requestId: RequestId;
    readonly outcome: OperationOutcome;
  }): void;
  /** The head went back to this block. */
  headReverted(head: { readonly number: number; readonly hash: Hash }): void;
  /** Transactions in the pool now. */
  poolChanged(status: PoolStatus): void;
}

/** A transaction the leader signed, and the request that it answers. */
export interface SignedForRequest {
  readonly raw: Uint8Array;
  readonly requestId: RequestId;
}

/** What operators see of a block. */
export interface BlockSummary {
  readonly number: number;
  readonly hash: Hash;
  readonly transactionCount: number;
  readonly gasUsed: bigint;
  /** Milliseconds it took to execute. */
  readonly executionMs: number;
  /** Index of its log entry. */
  readonly entryIndex: number;
  /** Unix time in seconds. */
  readonly timestamp: number;
  /** By `console.log` of its contracts. */
  readonly printed: readonly PrintedLines[];
}

/** Served by the RPC thread to the chain thread; events. */
export interface RpcForChain {
  /** A block is durable and readable. */
  blockCommitted(block: { readonly hash: Hash; readonly transactions: readonly Hash[] }): void;
  /** The head went back to a block; those above it are on the chain no more, the highest first. */
  headReverted(reverted: { readonly head: Hash; readonly abandoned: readonly Hash[] }): void;
  transactionsPending(transactions: readonly TransactionData[]): void;
  /** Pooled transactions that will not be mined. */
  transactionsDropped(dropped: readonly DroppedTransaction[]): void;
}

export interface DroppedTransaction {
  readonly hash: Hash;
  /** A `ChainErrorCode`. */
  readonly code: string;
  readonly message: string;
}

/** Served by the main thread to the RPC thread. */
export interface MainForRpc extends MembershipForRpc {
  /** Has the leader fill and sign a request. Throws `ChainError`, among them `no-quorum`. */
  sign(request: CallRequest): Promise<SignedForRequest>;
  /** Has the leader make a block; answers its number. Throws `ChainError`. */
  mine(): Promise<number>;
  /**
   * Brings a development operation, as `encodeOperation` writes it, into the log; resolves when it is applied here. Throws
   * `ChainError`.
   */
  develop(operation: Uint8Array): Promise<OperationOutcome>;
  /** Confirms with a quorum that this node is current; answers what it has applied. Throws `ChainError` `no-quorum`. */
  readIndex(): Promise<ReadIndexReport>;
  /** Gives leadership to a validator, or to any; answers who leads then. Throws `ChainError`. */
  transferLeadership(to: NodeId | null): Promise<Leadership>;
  /** Answers of the `mokka_*` methods, as JSON. */
  status(): Promise<NodeStatusReport>;
  peers(): Promise<readonly PeerReport[]>;
  certificate(block: { readonly number: number; readonly hash: Hash }): Promise<object | null>;
  leaderProof(term: number): Promise<object | null>;
  evidence(): Promise<readonly object[]>;
  /** Prometheus text. */
  metrics(): Promise<string>;
  /** A line for the node's log. Event. */
  log(level: 'warn' | 'error', fields: object, message: string): void;
}

/** Served by the RPC thread to the main thread. */
export interface RpcForMain {
  /** Opens the reader and listens; the first call. Throws `ConfigError` when the port is taken. */
  start(): Promise<{ readonly port: number }>;
  /** The network as this node sees it changed. Event. */
  networkChanged(network: NetworkView): void;
  /** Stops taking requests and lets those under way end. */
  close(): Promise<void>;
}

/** What the RPC thread knows of the network without asking. */
export interface NetworkView {
  /** Validators this node has a link to, itself included. */
  readonly connectedValidators: number;
  readonly quorum: number;
  readonly validators: number;
  /** Links to other nodes, whatever their role. */
  readonly peers: number;
  /** False at a node that was removed, or not yet added. */
  readonly isMember: boolean;
  readonly leader: string | null;
  readonly role: string;
  readonly term: number;
  /** Highest block number that at least one honest validator told of; zero before. */
  readonly highestBlock: number;
}

/** Served by a call thread to the RPC thread. */
export interface CallThread extends CallExecutor {
  /** Answers once calls would be taken at once. */
  ready(): Promise<void>;
}

/** Answer of `mokka_status`. */
export interface NodeStatusReport {
  readonly node: number | null;
  readonly publicKey: string;
  readonly address: string;
  readonly version: string;
  readonly role: string;
  readonly term: number;
  readonly leader: string | null;
  readonly crashModel: string;
  /** Changes of the members so far. */
  readonly epoch: number;
  /** False at a node that was removed, or not yet added. */
  readonly isMember: boolean;
  readonly validators: number;
  readonly quorum: number;
  readonly connectedValidators: number;
  readonly commitIndex: number;
  readonly lastIndex: number;
  readonly appliedIndex: number;
  readonly blockNumber: number;
  readonly blockHash: string;
  readonly pool: PoolStatus;
  /** What the node waits for, from whom, and for how many milliseconds. */
  readonly waitingFor: {
    readonly what: string;
    readonly from: readonly string[];
    readonly ms: number;
  };
  readonly uptimeMs: number;
}

/** Answer of `mokka_readIndex`. */
export interface ReadIndexReport {
  /** Last entry applied here, not below any that was shown anywhere before the question. */
  readonly index: number;
  readonly blockNumber: number;
  readonly blockHash: string;
}

/** One item of `mokka_peers`. */
export interface PeerReport {
  readonly node: number | null;
  readonly publicKey: string;
  readonly address: string;
  /** As the members agreed: `validator` or `observer`. */
  readonly membership: string;
  readonly rpcUrl: string | null;
  readonly connected: boolean;
  /** Milliseconds since the last message; null before the first. */
  readonly lastHeardMs: number | null;
  readonly role: string | null;
  readonly term: number | null;
  readonly appliedIndex: number | null;
  readonly blockNumber: number | null;
  readonly blockHash: string | null;
}
