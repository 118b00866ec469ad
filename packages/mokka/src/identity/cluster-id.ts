/** Cluster ids: what every signature and every link is bound to. Rule *signed*. */
import { hash } from 'node:crypto';
import type { ClusterId } from '../core/types.ts';
import { IdentityError } from './identity-error.ts';

/** Length of a cluster id in bytes. */
export const CLUSTER_ID_BYTES = 32;

const CLUSTER_ID_PATTERN = /^[0-9a-f]{64}$/;

/** SHA-256 of the canonical bytes of a genesis configuration. All members must derive it from the same bytes. */
export function clusterIdOf(genesis: Uint8Array): ClusterId {
  return hash('sha256', genesis, 'hex') as ClusterId;
}

/** @throws {IdentityError} `invalid-cluster-id` unless it is 64 lower-case hexadecimal digits. */
export function parseClusterId(text: string): ClusterId {
  if (!CLUSTER_ID_PATTERN.test(text)) {
    throw new IdentityError(
      'invalid-cluster-id',
      `a cluster id is a SHA-256 of 64 lower-case hexadecimal digits, not one of ${text.length} characters`,
    );
  }
  return text as ClusterId;
}
