/**
 * Contract code by its hash, checked against it.
 */
import { keccak256 } from '../crypto/keccak.ts';
import { corruptStore } from '../errors.ts';
import { bytesOf, type Hash, hashOf } from '../primitives.ts';
import type { Snapshot, Tables } from '../store/tables.ts';

/** Throws `ChainError` `corrupt-store` when the code is missing or does not hash to its name. */
export function readCode(tables: Tables, codeHash: Hash, snapshot?: Snapshot): Uint8Array {
  const code = tables.get('code', bytesOf(codeHash), snapshot);
  if (code === undefined) throw corruptStore(`code ${codeHash} is missing`);
  if (hashOf(keccak256(code)) !== codeHash) {
    throw corruptStore(`code ${codeHash} does not match its hash`);
  }
  return code;
}
