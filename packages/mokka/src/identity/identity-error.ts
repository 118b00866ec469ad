/** Errors of keys, node ids, cluster ids and addresses that came from a person, a file or a peer. */

export type IdentityErrorCode =
  | 'invalid-seed'
  | 'invalid-node-id'
  | 'weak-node-id'
  | 'invalid-cluster-id'
  | 'invalid-address'
  | 'invalid-certificate';

/** Something that names or proves an identity is malformed. The message never contains secret material. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';
  readonly code: IdentityErrorCode;

  constructor(code: IdentityErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
