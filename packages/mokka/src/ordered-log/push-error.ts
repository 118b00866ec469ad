export type PushErrorCode =
  /** The node has an application of its own, which orders its input itself. */
  | 'own-application'
  /** `push` before `start` has resolved. */
  | 'not-started'
  /** The node stopped. What was pushed before may have been committed or not. */
  | 'stopped'
  /** As many pushes wait as may. Nothing was sent. */
  | 'queue-full'
  /** Limits that could never be met: the largest push would fit into no frame or no entry. */
  | 'invalid-limits'
  /** Key or value over its limit. */
  | 'too-large'
  /** The key is empty or holds half of a surrogate pair. */
  | 'invalid-key'
  /** The value is nothing that JSON carries without loss. */
  | 'invalid-value';

/** A push that was not applied, as far as this node knows. */
export class PushError extends Error {
  override readonly name = 'PushError';
  readonly code: PushErrorCode;

  constructor(code: PushErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
