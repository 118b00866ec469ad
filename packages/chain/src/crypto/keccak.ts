/**
 * Keccak-256, the hash of Ethereum: addresses, tries, blocks and transactions. Hashing was most of a block's cost in
 * JavaScript; WebAssembly is ten times as fast.
 */
import { createKeccak } from 'hash-wasm';
import { type Hash, parseHash } from '../primitives.ts';

const hasher = await createKeccak(256);

/** 32 bytes, the caller's own. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest('binary');
}

/** Hash of no code. */
export const EMPTY_CODE_HASH: Hash = parseHash(
  '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
);
/** Root of a trie without entries: the hash of RLP's empty string. */
export const EMPTY_TRIE_ROOT: Hash = parseHash(
  '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
);
/** Hash of RLP's empty list: the ommers of a block without ommers. */
export const EMPTY_LIST_HASH: Hash = parseHash(
  '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
);
