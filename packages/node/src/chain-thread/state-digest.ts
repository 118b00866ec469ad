import { createHash } from 'node:crypto';
import type { Hash } from '@praline/chain';
import { bytesOf } from '@praline/chain/configuration';
import type { StateDigest } from 'mokka';

/** Tells this digest apart from every other use of SHA-256; raised when more than the head becomes agreed state. */
const DOMAIN = 'praline-state-1';

/** Digest of the application's state: the head block's hash, which covers everything that blocks cover. */
export function stateDigestOf(head: Hash): StateDigest {
  return createHash('sha256').update(DOMAIN).update(bytesOf(head)).digest('hex') as StateDigest;
}
