/**
 * Errors as JSON-RPC answers: the codes, the class that methods throw, and the one place where errors of the chain
 * become answers. Wording follows geth where tools match on it. Nothing unexpected ever reaches a client.
 */
import type { Hex } from '@praline/chain';
import { revertMessage } from '@praline/chain/reading';
import type { RpcBackendErrorCode } from './backend.ts';
import type { JsonValue } from './json.ts';

/** JSON-RPC 2.0 section 5.1, EIP-1474, and geth's code 3 for a revert. */
export const RPC_ERROR_CODES = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  server: -32000,
  resourceUnavailable: -32002,
  responseTooLarge: -32003,
  limitExceeded: -32005,
  executionReverted: 3,
} as const;

export type RpcErrorCode = (typeof RPC_ERROR_CODES)[keyof typeof RPC_ERROR_CODES];

/** An error that is meant for the client, as it is. */
export class RpcError extends Error {
  override readonly name = 'RpcError';
  readonly code: RpcErrorCode;
  readonly data: JsonValue | undefined;

  constructor(code: RpcErrorCode, message: string, data?: JsonValue) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** The `error` member of a JSON-RPC response. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonValue;
}

export function invalidParams(message: string): RpcError {
  return new RpcError(RPC_ERROR_CODES.invalidParams, message);
}

export function serverError(message: string): RpcError {
  return new RpcError(RPC_ERROR_CODES.server, message);
}

/** geth's answer to a call that reverts: code 3, the decoded reason in the message, the raw output as data. */
export function executionReverted(output: Hex): RpcError {
  return new RpcError(RPC_ERROR_CODES.executionReverted, revertMessage(output), output);
}

/**
 * The answer for anything thrown by a method; undefined for what nobody expected, which the caller logs and answers
 * with `internalError`.
 */
export function toErrorObject(thrown: unknown): ErrorObject | undefined {
  if (thrown instanceof RpcError) return errorObject(thrown);
  const code = codeOf(thrown);
  const answer = code === undefined ? undefined : ANSWERS[code];
  if (answer === undefined || !(thrown instanceof Error)) return undefined;
  const data = dataOf(thrown);
  return { code: answer, message: thrown.message, ...(data === undefined ? {} : { data }) };
}

/** The answer for what nobody expected; `reference` finds it in the log. */
export function internalError(reference: string): ErrorObject {
  return { code: RPC_ERROR_CODES.internalError, message: 'internal error', data: { reference } };
}

function errorObject(error: RpcError): ErrorObject {
  return {
    code: error.code,
    message: error.message,
    ...(error.data === undefined ? {} : { data: error.data }),
  };
}

/** Damage and mistakes of the program: for the operator, not for the client. */
const INTERNAL = undefined;
const { server, resourceUnavailable } = RPC_ERROR_CODES;

/** The JSON-RPC code of each error of a backend. Messages are geth's already, for the chain words them so. */
const ANSWERS: Readonly<Record<RpcBackendErrorCode, RpcErrorCode | undefined>> = {
  'invalid-transaction': server,
  'oversized-transaction': server,
  'transaction-type-not-supported': server,
  'invalid-chain-id': server,
  'invalid-sender': server,
  'init-code-too-large': server,
  'transaction-gas-limit-too-high': server,
  'exceeds-block-gas-limit': server,
  'tip-above-fee-cap': server,
  'fee-cap-below-base-fee': server,
  'nonce-too-low': server,
  'nonce-too-high': server,
  'nonce-max': server,
  'intrinsic-gas-too-low': server,
  'insufficient-funds': server,
  'already-known': server,
  'replacement-underpriced': server,
  underpriced: server,
  'pool-full': server,
  'account-limit-exceeded': server,
  'unknown-account': server,
  'unknown-block': server,
  'too-many-results': RPC_ERROR_CODES.limitExceeded,
  'invalid-request': RPC_ERROR_CODES.invalidParams,
  'execution-reverted': RPC_ERROR_CODES.executionReverted,
  'execution-failed': server,
  'gas-required-exceeds-allowance': server,
  'execution-timeout': server,
  'too-many-calls': RPC_ERROR_CODES.limitExceeded,
  'no-quorum': resourceUnavailable,
  'development-mode-only': server,
  'admin-only': server,
  closed: resourceUnavailable,
  'history-unavailable': resourceUnavailable,
  'state-pruned': server,
  'invalid-snapshot': INTERNAL,
  'snapshot-failed': INTERNAL,
  'invalid-genesis': INTERNAL,
  'genesis-mismatch': INTERNAL,
  'no-chain': INTERNAL,
  'chain-exists': INTERNAL,
  'unsupported-format': INTERNAL,
  'invalid-block': INTERNAL,
  'corrupt-store': INTERNAL,
};

/** By shape, not class: errors that crossed a thread have lost theirs. */
function codeOf(thrown: unknown): RpcBackendErrorCode | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  const { code } = thrown;
  return typeof code === 'string' && isKnownCode(code) ? code : undefined;
}

function isKnownCode(code: string): code is RpcBackendErrorCode {
  return Object.hasOwn(ANSWERS, code);
}

/** Output of the contract, in an `ExecutionRevertedError`. */
function dataOf(thrown: Error): string | undefined {
  return 'data' in thrown && typeof thrown.data === 'string' ? thrown.data : undefined;
}
