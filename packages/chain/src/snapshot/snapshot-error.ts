import { ChainError, type ChainErrorFields } from '../errors.ts';

/** For bytes of another node that are no snapshot of the state they were said to be. */
export function invalidSnapshot(what: string, fields: ChainErrorFields = {}): ChainError {
  return new ChainError('invalid-snapshot', `the snapshot is not valid: ${what}`, fields);
}

/** For what this machine could not do; a cause that is coded already stays as it is. */
export function snapshotFailed(what: string, cause: unknown): ChainError {
  if (cause instanceof ChainError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ChainError('snapshot-failed', `${what}: ${reason}`);
}
