export type MokkaErrorCode =
  /** `start` was called twice on one object. */
  | 'already-started'
  /** Asked for what only a started node knows. */
  | 'not-started'
  /** No quorum confirmed in time that this node is current. */
  | 'read-timed-out';

/** A node object was used out of order. */
export class MokkaError extends Error {
  override readonly name = 'MokkaError';
  readonly code: MokkaErrorCode;

  constructor(code: MokkaErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
