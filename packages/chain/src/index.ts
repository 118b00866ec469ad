export type * from './block/block-data.ts';
export { type BlockFault, InvalidBlockError } from './block/invalid-block-error.ts';
export { type BlockToCommit, Chain, type ChainOptions, type CommittedBlock } from './chain.ts';
export { ChainError, type ChainErrorCode, type ChainErrorFields } from './errors.ts';
export type {
  BuildRequest,
  BuildResult,
  BuiltBlock,
  ExecutedBlock,
  RefusedTransaction,
} from './execution/build-block.ts';
export type { BlockOrigin } from './execution/header-rules.ts';
export {
  DEV_MNEMONIC,
  DEV_PATH,
  type DerivedAccount,
  deriveAccounts,
} from './genesis/dev-accounts.ts';
export {
  DEV_CHAIN_ID,
  DEV_FORKS,
  DEV_GAS_LIMIT,
  type DevFork,
  type DevGenesisOptions,
  devGenesisFile,
} from './genesis/dev-genesis.ts';
export { createGenesis, type Genesis } from './genesis/genesis.ts';
export type { PralineConfig } from './genesis/genesis-file.ts';
export type * from './mempool/pool-view.ts';
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
export type { StateView } from './state/state-view.ts';
export { decodeTransaction, TRANSACTION_BYTES_MAX } from './transaction/decode.ts';
export { executableTransaction } from './transaction/executable.ts';
export { transactionGas } from './transaction/intrinsic-gas.ts';
export { signTransaction, type UnsignedTransaction } from './transaction/sign.ts';
export { signatureScheme } from './transaction/signature.ts';
export type { SignedTransaction } from './transaction/signed-transaction.ts';
export { maximumCost, validateTransaction } from './transaction/validate.ts';
