/** Entry `@praline/node/verification`: checks of a whole log, for auditors. It runs no node. */
export { ContinuedLogSource } from './continued-log-source.ts';
export { type LogFault, LogInvalidError } from './log-invalid-error.ts';
export { type LogSource, UnreadableEntryError } from './log-source.ts';
export { LogUnavailableError, RpcLogSource } from './rpc-log-source.ts';
export { openStoredLog, StoredLogSource } from './stored-log-source.ts';
export { type GenesisPaths, readVerificationGenesis } from './verification-genesis.ts';
export {
  type VerifiedLog,
  type VerifyOptions,
  type VerifyProgress,
  verifyLog,
} from './verify-log.ts';
