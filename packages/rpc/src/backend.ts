import type {
  Address,
  BlockData,
  CallExecutor,
  CallRequest,
  ChainErrorCode,
  ChainReader,
  DevelopmentOperation,
  Hash,
  HeaderData,
  Hex,
  LogData,
  MiningMode,
  OperationOutcome,
  PoolContent,
  PoolStatus,
  ReceiptData,
  TransactionData,
} from '@praline/chain';

/** What the JSON-RPC methods need of a node. Implemented by the node over its threads, and by tests in one process. */
export interface RpcBackend {
  readonly reader: ChainReader;
  readonly executor: CallExecutor;
  readonly transactions: TransactionService;
  readonly accounts: DevelopmentAccounts;
  readonly network: NetworkService;
  readonly events: ChainEventSource;
  /** Null where the chain is not in development mode; its methods are not served then. */
  readonly development: DevelopmentService | null;
}

/**
 * Codes of errors that a backend throws or rejects with: those of the chain, and those only a network knows. Mapped to
 * JSON-RPC in one place, by `code` and not by class, for errors may come from another thread. Messages reach the
 * client as they are.
 */
export type RpcBackendErrorCode =
  | ChainErrorCode
  | 'no-quorum'
  | 'development-mode-only'
  | 'admin-only';

/** Ways into the chain. All errors are coded (`ChainError` of `@praline/chain`), and mapped in one place here. */
export interface TransactionService {
  /**
   * Takes a signed transaction. In instant mining it resolves once the transaction is committed and applied on this
   * node, at once when it is queued behind a nonce gap; in interval mining once it is in the pool and handed to the leader.
   * Rejects with `no-quorum` after a bounded wait when the network can not agree at present.
   */
  sendRaw(raw: Uint8Array): Promise<Hash>;
  /** Fills, signs (at the leader) and sends for a development account; waits as `sendRaw`. */
  send(request: CallRequest): Promise<Hash>;
  /** `evm_mine`: asks the leader for a block, empty if need be; resolves when it is applied here. */
  mine(): Promise<void>;
  pooled(hash: Hash): Promise<TransactionData | undefined>;
  /** Account nonce counting executable pooled transactions. */
  pendingNonce(address: Address): Promise<bigint>;
  poolStatus(): Promise<PoolStatus>;
  poolContent(): Promise<PoolContent>;
}

/** Operations that test clients do to the chain; each is an agreed entry of the log. */
export interface DevelopmentService {
  /** Resolves once it is applied and readable here. Rejects with `invalid-request` when it is not possible. */
  apply(operation: DevelopmentOperation): Promise<OperationOutcome>;
  /** What the genesis configuration says. */
  readonly initialMining: MiningMode;
}

/** Accounts whose keys the node holds; none outside development mode. */
export interface DevelopmentAccounts {
  readonly addresses: readonly Address[];
  /** Signs a 32-byte digest; 65 bytes r, s, v with v 27 or 28. Throws `unknown-account`. */
  signDigest(address: Address, digest: Uint8Array): Hex;
}

export interface NetworkService {
  readonly clientVersion: string;
  readonly networkId: bigint;
  readonly coinbase: Address;
  peerCount(): number;
  isListening(): boolean;
  /**
   * Resolves once this node shows everything that any node had shown before the call; what is read after that is
   * linearizable. Rejects with `no-quorum` when that can not be confirmed in a bounded time.
   */
  confirmCurrent(): Promise<void>;
  /** False when level with the leader, as far as this node knows. */
  syncing(): false | { startingBlock: number; currentBlock: number; highestBlock: number };
  /** Called when what `syncing` answers may have changed. Returns the unsubscription. */
  onProgress(listener: () => void): () => void;
}

export interface ChainEventSource {
  /** Called after a block is durable and readable; in block order. Returns the unsubscription. */
  onBlock(listener: (event: CommittedBlock) => void): () => void;
  /** Called after the head moved back (`evm_revert`). Returns the unsubscription. */
  onRevert(listener: (event: RevertedHead) => void): () => void;
  /** Called when a transaction becomes executable in this node's pool. */
  onPendingTransaction(listener: (transaction: TransactionData) => void): () => void;
}

export interface CommittedBlock {
  readonly block: BlockData;
  readonly receipts: readonly ReceiptData[];
  readonly logs: readonly LogData[];
}

export interface RevertedHead {
  /** The head now. */
  readonly head: HeaderData;
  /** Of the blocks that are on the chain no more, the highest block's first. */
  readonly logs: readonly LogData[];
}
