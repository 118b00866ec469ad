export { DevelopmentAccountSet } from './accounts/development-accounts.ts';
export type * from './block/block-data.ts';
export { type BlockFault, InvalidBlockError } from './block/invalid-block-error.ts';
export { Chain, type ChainOptions } from './chain.ts';
export { ChainFileError, type ChainFileFault } from './chain-file/chain-file-error.ts';
export { type ExportedChain, exportChainFile } from './chain-file/export-chain.ts';
export {
  type ImportedChain,
  type ImportProgress,
  importChainFile,
} from './chain-file/import-chain.ts';
export { CONSOLE_ADDRESS } from './console/console-address.ts';
export { CONSOLE_LINE_MAX, consoleLine } from './console/console-line.ts';
export type { PrintedLines } from './console/printed-lines.ts';
export { keccak256 } from './crypto/keccak.ts';
export {
  type DevelopmentSettings,
  type DevelopmentState,
  isUsed,
  type MiningMode,
  ROLLBACK_DEPTH_MAX,
  UNUSED,
} from './development/development-state.ts';
export {
  type AccountEdit,
  type AgreedOperation,
  type DevelopmentOperation,
  decodeAgreedOperation,
  decodeOperation,
  encodeAgreedOperation,
  encodeOperation,
  type OperationOutcome,
  type OperationRequest,
} from './development/operation.ts';
export { nextTimestamp, type Position } from './development/position.ts';
export { ChainError, type ChainErrorCode, type ChainErrorFields } from './errors.ts';
export type {
  BuildRequest,
  BuildResult,
  BuiltBlock,
  ExecutedBlock,
  RefusedTransaction,
} from './execution/build-block.ts';
export { blobBaseFee, nextBaseFee } from './execution/fee-rules.ts';
export type { BlockOrigin } from './execution/header-rules.ts';
export { commonAt } from './genesis/chain-parameters.ts';
export {
  DEV_MNEMONIC,
  DEV_PATH,
  type DerivedAccount,
  deriveAccounts,
} from './genesis/dev-accounts.ts';
export { DEV_FORKS, type DevFork } from './genesis/dev-forks.ts';
export {
  DEV_CHAIN_ID,
  DEV_GAS_LIMIT,
  type DevGenesisOptions,
  devGenesisFile,
} from './genesis/dev-genesis.ts';
export { createGenesis, type Genesis } from './genesis/genesis.ts';
export {
  type GenesisConfiguration,
  readGenesisConfiguration,
} from './genesis/genesis-configuration.ts';
export type { PralineConfig } from './genesis/genesis-file.ts';
export { type CandidateOptions, Candidates } from './mempool/candidates.ts';
export { DEFAULT_MEMPOOL_LIMITS, type MempoolLimits } from './mempool/limits.ts';
export {
  type AddedTransaction,
  type DroppedTransaction,
  type DropReason,
  Mempool,
  type MempoolHead,
  type MempoolListener,
} from './mempool/mempool.ts';

export type * from './mempool/pool-view.ts';
export type { PooledTransaction } from './mempool/pooled-transaction.ts';
export type { SenderAccount } from './mempool/sender-queue.ts';
export type * from './primitives.ts';
export {
  addressOf,
  blockNumberOf,
  bytesOf,
  hashOf,
  hexOf,
  parseAddress,
  parseHash,
  slotOf,
  weiOf,
} from './primitives.ts';
export type * from './query/call-executor.ts';
export type * from './query/chain-reader.ts';
export { checksumAddress } from './query/checksum-address.ts';
export {
  type CallLimits,
  DEFAULT_CALL_LIMITS,
  EvmCallExecutor,
} from './query/evm-call-executor.ts';
export type * from './query/fork-configuration.ts';
export { ForkRules } from './query/fork-rules.ts';
export { matches as logMatches } from './query/log-search.ts';
export { ExecutionRevertedError, revertMessage, revertReason } from './query/revert-reason.ts';
export type * from './query/simulation/simulation-request.ts';
export { StoredChainReader } from './query/stored-chain-reader.ts';
export type { FrameType } from './query/tracing/evm-tracer.ts';
export type { StorageRange, StorageRangeRequest } from './query/tracing/storage-range.ts';
export type * from './query/tracing/trace-request.ts';
export type * from './query/tracing/transaction-replay.ts';
export type { ChunkInfo, ChunkList, LogEntryId, LogPosition } from './snapshot/manifest.ts';
export { invalidSnapshot } from './snapshot/snapshot-error.ts';
export type { PositionOf, SnapshotMaker } from './snapshot/snapshot-maker.ts';
export type { RequireHead, SnapshotRestore } from './snapshot/snapshot-restore.ts';
export type { StateView } from './state/state-view.ts';
export { decodeSubmittedTransaction } from './transaction/blob-sidecar.ts';
export { decodeTransaction, TRANSACTION_BYTES_MAX } from './transaction/decode.ts';
export { executableTransaction } from './transaction/executable.ts';
export { transactionGas } from './transaction/intrinsic-gas.ts';
export { signTransaction, stateSender, type UnsignedTransaction } from './transaction/sign.ts';
export { nobleScheme, signatureScheme } from './transaction/signature.ts';
export type { SignedTransaction } from './transaction/signed-transaction.ts';
export { decodeWhere, isImpersonated } from './transaction/stated-sender.ts';
export { maximumCost, validateTransaction } from './transaction/validate.ts';
export type * from './transition.ts';
