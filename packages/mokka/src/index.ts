export type * from './application.ts';
export {
  decodeCertificate,
  decodeLeaderProof,
  encodeCertificate,
  encodeLeaderProof,
} from './codec/certificate-codec.ts';
export { DecodeError, type DecodeErrorCode } from './codec/decode-error.ts';
export { createEntry, decodeEntry, encodeEntry } from './codec/entry-codec.ts';
export { decodeMessage, encodeMessage } from './codec/message-codec.ts';
export type { StoreIdentity } from './codec/record-codec.ts';
export { signingBytes } from './codec/statement-codec.ts';
export type * from './core/certificate.ts';
export { Core } from './core/core.ts';
export type * from './core/effect.ts';
export type * from './core/entry.ts';
export type * from './core/event.ts';
export type * from './core/input.ts';
export type * from './core/message.ts';
export * from './core/options.ts';
export { faultsTolerated, leaderOf, quorumSize } from './core/quorum.ts';
export type { RestoredState } from './core/restored-state.ts';
export { StatementSigner } from './core/signing.ts';
export type * from './core/statements.ts';
export type { CoreStatus, PeerStatus, WaitingFor } from './core/status.ts';
export type * from './core/types.ts';
export {
  compareLocks,
  type ValidatorSet,
  verifyCertificate,
  verifyLeaderProof,
} from './core/verification.ts';
export { type Clock, SYSTEM_CLOCK } from './driver/clock.ts';
export type { StopReason } from './driver/driver.ts';
export { type Logger, SILENT_LOGGER } from './driver/logger.ts';
export {
  type LogInfo,
  Mokka,
  type MokkaOptions,
  rootHashOf,
  storeIdentityOf,
} from './driver/mokka.ts';
export { MokkaError, type MokkaErrorCode } from './driver/mokka-error.ts';
export type { MokkaEvents, MokkaListener } from './driver/mokka-events.ts';
export {
  createStore,
  isStoreCreated,
  RestoreError,
  type RestoreErrorCode,
  restoreCore,
} from './driver/restore.ts';
export type { EntryCertificate } from './driver/stored-log.ts';
export * from './identity/address.ts';
export * from './identity/cluster-id.ts';
export * from './identity/ed25519-scheme.ts';
export * from './identity/identity-error.ts';
export * from './identity/node-id.ts';
export * from './identity/node-key.ts';
export * from './storage/folder-lock.ts';
export * from './storage/lmdb.ts';
export * from './storage/memory.ts';
export type * from './storage/storage.ts';
export * from './storage/storage-error.ts';
export * from './transport/memory.ts';
export * from './transport/tls/limits.ts';
export type * from './transport/tls/statistics.ts';
export * from './transport/tls/tls-transport.ts';
export type * from './transport/transport.ts';
