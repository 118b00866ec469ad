/**
 * Mokka: a replicated log with proofs.
 *
 * `Mokka` is a whole node: give it a transport, a storage and an application, and call `start`. What follows is the contract of
 * a host that drives the bare `Core` itself, in the order in which it applies; `Mokka` keeps it.
 *
 * 1. **Create the store once.** `createStore` before the first start of a key and never again for it. A store that was lost or
 *    rolled back must not vote: the node comes back under a new key.
 * 2. **Restore.** `restoreCore(storage, await application.info(), options)`, then `new Core(options, restored)`. Give every start another seed.
 * 3. **Step.** Feed every input to `core.step` with the time, one after the other, and carry out the effects in the order given
 *    before the next step. Call it with `tick` when `nextDeadline()` is reached; nothing is polled.
 * 4. **Persist before you answer.** `persist` is one atomic transaction. Feed `persisted` only after it is synced to disk, in the
 *    order of the writes. The core holds back what depends on it, so a host may send every message at once.
 * 5. **One application call at a time**, in the order of the effects: `prepare-proposal`, `process-proposal`, `commit`, `rollback`.
 *    `commit` must be durable before `applied` is fed, with the certificate in the same transaction.
 * 6. **Sending may fail** at any time, and messages may be lost, doubled, late or out of order. They must come from whom they say:
 *    authenticate peers. Tell the core when a link comes and goes.
 * 7. **Stop on doubt.** After `halt`, after a failed write or a rejected `commit`, feed nothing more and send nothing more.
 *    Answers to requests of an earlier run are never fed to a later one.
 */
export type * from './application.ts';
export {
  decodeCertificate,
  decodeLeaderProof,
  encodeCertificate,
  encodeLeaderProof,
} from './codec/certificate-codec.ts';
export { DecodeError, type DecodeErrorCode } from './codec/decode-error.ts';
export { createEntry, decodeEntry, encodeEntry } from './codec/entry-codec.ts';
export { decodeEvidence, encodeEvidence } from './codec/evidence-codec.ts';
export { decodeMessage, encodeMessage } from './codec/message-codec.ts';
export type { StoreIdentity } from './codec/record-codec.ts';
export { signingBytes } from './codec/statement-codec.ts';
export type * from './core/certificate.ts';
export { Core } from './core/core.ts';
export type * from './core/effect.ts';
export type * from './core/entry.ts';
export type * from './core/event.ts';
export { type Evidence, offenderOf, verifyEvidence } from './core/evidence.ts';
export type * from './core/input.ts';
export type { Member, MemberRole, MembershipChange } from './core/members.ts';
export type { MembershipErrorCode, MembershipResult } from './core/membership.ts';
export type * from './core/message.ts';
export * from './core/options.ts';
export type { PrunedLog, Retention } from './core/pruning.ts';
export { faultsTolerated, leaderOf, quorumSize } from './core/quorum.ts';
export type { RestoredState } from './core/restored-state.ts';
export { StatementSigner } from './core/signing.ts';
export type * from './core/snapshot-exchange.ts';
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
export { type CommittedMembership, MembershipError } from './driver/membership-calls.ts';
export {
  type LogInfo,
  Mokka,
  type MokkaOptions,
  type NodeOptions,
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
export * from './ordered-log/push.ts';
export * from './ordered-log/push-error.ts';
export type * from './snapshot.ts';
export * from './storage/folder-lock.ts';
export * from './storage/lmdb.ts';
export { checkLmdbFile } from './storage/lmdb-file.ts';
export { makeFolder } from './storage/make-folder.ts';
export * from './storage/memory.ts';
export type * from './storage/storage.ts';
export * from './storage/storage-error.ts';
export * from './transport/memory.ts';
export type * from './transport/signed/message-pipe.ts';
export * from './transport/signed/signed-transport.ts';
export * from './transport/tls/limits.ts';
export type * from './transport/tls/statistics.ts';
export * from './transport/tls/tls-transport.ts';
export type * from './transport/transport.ts';
