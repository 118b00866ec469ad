import { createHash } from 'node:crypto';
import type { Hash } from '@praline/chain';
import { bytesOf } from '@praline/chain/configuration';
import type { StateDigest } from 'mokka';

/** Tells this digest apart from every other use of SHA-256; raised when more than the head becomes agreed state. */
const DOMAIN = 'praline-state-1';

/**
 * Digest of the application's state, from the id of the chain's position: the head block's hash, which covers everything
 * that blocks cover, as long as no development operation was used; then also edited state and settings.
 */
export function stateDigestOf(position: Hash): StateDigest {
  return createHash('sha256').update(DOMAIN).update(bytesOf(position)).digest('hex') as StateDigest;
}
