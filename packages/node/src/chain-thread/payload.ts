/** Payloads of both kinds, for whoever executes or verifies them. */
import type { AgreedOperation } from '@praline/chain';
import { decodeAgreedOperation, encodeAgreedOperation } from '@praline/chain/reading';
import {
  decodeBlockPayload,
  OPERATION_KIND,
  PAYLOAD_OVERHEAD_BYTES,
  prefixed,
} from './block-payload.ts';

export type Payload =
  | { readonly kind: 'block'; readonly raw: Uint8Array }
  | { readonly kind: 'operation'; readonly operation: AgreedOperation };

export function encodeOperationPayload(operation: AgreedOperation): Uint8Array {
  return prefixed(OPERATION_KIND, encodeAgreedOperation(operation));
}

/** Undefined for a kind this release does not know. Throws `ChainError` for an operation that can not be decoded. */
export function decodePayload(payload: Uint8Array): Payload | undefined {
  const raw = decodeBlockPayload(payload);
  if (raw !== undefined) {
    return { kind: 'block', raw };
  }
  if (payload[0] !== OPERATION_KIND) {
    return undefined;
  }
  const operation = decodeAgreedOperation(payload.subarray(PAYLOAD_OVERHEAD_BYTES));
  return { kind: 'operation', operation };
}
