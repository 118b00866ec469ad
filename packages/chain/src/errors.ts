/**
 * Expected failures of the chain as coded errors. Messages use geth's wording where geth has one, because tools match
 * on it; whoever answers a client maps the code, never the text.
 */
export type ChainErrorCode =
  /** Bytes that are not an EIP-2718 transaction. */
  | 'invalid-transaction'
  | 'oversized-transaction'
  | 'transaction-type-not-supported'
  | 'invalid-chain-id'
  | 'invalid-sender'
  | 'init-code-too-large'
  | 'transaction-gas-limit-too-high'
  | 'exceeds-block-gas-limit'
  | 'tip-above-fee-cap'
  | 'fee-cap-below-base-fee'
  | 'nonce-too-low'
  | 'nonce-too-high'
  | 'nonce-max'
  | 'intrinsic-gas-too-low'
  | 'insufficient-funds'
  | 'already-known'
  | 'replacement-underpriced'
  | 'underpriced'
  | 'pool-full'
  | 'account-limit-exceeded'
  | 'unknown-account'
  | 'unknown-block'
  | 'too-many-results'
  /** A request whose parameters contradict each other or exceed a bound. */
  | 'invalid-request'
  | 'execution-reverted'
  | 'execution-failed'
  | 'gas-required-exceeds-allowance'
  | 'execution-timeout'
  /** Too many calls wait for the EVM already. */
  | 'too-many-calls'
  /** Too few validators are connected, or none leads, for longer than a client should wait. */
  | 'no-quorum'
  /** A genesis file breaks its schema; the message starts with the JSON path. */
  | 'invalid-genesis'
  /** The data folder belongs to another genesis. */
  | 'genesis-mismatch'
  /** The data folder holds no chain. */
  | 'no-chain'
  /** The data folder already holds a chain. */
  | 'chain-exists'
  /** The data folder was written in another version of the format. */
  | 'unsupported-format'
  /** The block exists, but its data is not here: this node started from a snapshot above it. */
  | 'history-unavailable'
  /** The block is here, its state is not: this node removes old states. */
  | 'state-pruned'
  /** A snapshot of the state that is malformed, or is not what it was said to be. */
  | 'invalid-snapshot'
  /** A snapshot could not be made or taken for reasons of this machine, such as a full disk. */
  | 'snapshot-failed'
  /** A block breaks a rule; see `InvalidBlockError`. */
  | 'invalid-block'
  /** The chain was closed, or an error that stops the node closed it. */
  | 'closed'
  /** Stored bytes that can not be what was written; the node must stop. */
  | 'corrupt-store';

/** Values that belong to the failure, for logs and for tests. */
export type ChainErrorFields = Readonly<Record<string, string | number | bigint>>;

export class ChainError extends Error {
  readonly code: ChainErrorCode;
  readonly fields: ChainErrorFields;

  constructor(code: ChainErrorCode, message: string, fields: ChainErrorFields = {}) {
    super(message);
    this.name = 'ChainError';
    this.code = code;
    this.fields = fields;
  }
}

/** For stored data that must not be served or built on: the node stops on it. */
export function corruptStore(what: string, fields: ChainErrorFields = {}): ChainError {
  return new ChainError(
    'corrupt-store',
    `the chain's data is damaged: ${what}; check the disk and replace this node by one with a new key, which takes all from its peers`,
    fields,
  );
}
