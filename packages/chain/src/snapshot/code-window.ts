/**
 * Which code a snapshot has held lately. Code stands before the first account that has it, and again when it was long
 * ago: with a window of fixed size memory is bounded, and every node decides alike.
 */
import { EMPTY_CODE_HASH } from '../crypto/keccak.ts';
import type { Hash } from '../primitives.ts';
import { CODE_WINDOW } from './limits.ts';

export class CodeWindow {
  readonly #hashes = new Set<Hash>();

  /** Must the code stand before the account that is next? It then counts as told. */
  enters(hash: Hash): boolean {
    if (hash === EMPTY_CODE_HASH || this.#hashes.has(hash)) return false;
    const oldest = this.#hashes.values().next();
    if (this.#hashes.size >= CODE_WINDOW && !oldest.done) this.#hashes.delete(oldest.value);
    this.#hashes.add(hash);
    return true;
  }
}
