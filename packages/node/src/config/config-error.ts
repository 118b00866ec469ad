/**
 * What can be wrong with a node's configuration. The message names the file and field and says what to do, since the
 * command line shows it as the only line.
 */
export type ConfigErrorCode =
  /** A file that is named does not exist or can not be read. */
  | 'file-missing'
  /** Not JSON, or a field is absent, unknown or of the wrong form. */
  | 'invalid'
  /** Two nodes of the cluster have the same public key. */
  | 'duplicate-key'
  /** Two nodes of the cluster claim the same host and port. */
  | 'duplicate-port'
  /** The secret key file is absent, malformed, or readable by other users. */
  | 'key-missing'
  | 'key-invalid'
  | 'key-exposed'
  /** A TLS certificate or key is malformed, or they do not belong together. */
  | 'tls-invalid'
  /** The IPC socket can not be made, or another process listens on it. */
  | 'ipc-unusable'
  /** The secret key belongs to no node of the cluster, or to another than the one asked for. */
  | 'key-not-in-cluster'
  /** The data folder belongs to a chain with another genesis. */
  | 'genesis-mismatch'
  /** The node has no data folder yet, or lost it; or its storage can not be used. */
  | 'data-missing'
  | 'data-unusable'
  /** Another process uses the data folder. */
  | 'folder-locked'
  /** `init` found something where it would write. */
  | 'folder-occupied'
  /** Something else listens on a port the node needs. */
  | 'port-taken'
  /** A port that this user may not use, or an address that is not this machine's. */
  | 'port-unusable'
  /** Every node of the cluster file runs already on this machine. */
  | 'no-free-node'
  /** No node with this number. */
  | 'no-such-node';

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code: ConfigErrorCode;
  /** File, and field where one is at fault. */
  readonly path: string;

  constructor(code: ConfigErrorCode, path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}
