/**
 * A fast non-cryptographic digest for the virtual world. There is no adversary in it, only chance, so 128 mixed bits
 * are enough to keep signatures and states apart, at a tenth of the cost of SHA-256.
 */
export interface Digest {
  readonly words: readonly [number, number, number, number];
}

/** Digest of `bytes`, keyed by `key` (any 32-bit number). */
export function digestOf(bytes: Uint8Array, key: number): Digest {
  let a = (0x243f6a88 ^ key) | 0;
  let b = (0x85a308d3 + key) | 0;
  let c = 0x13198a2e ^ bytes.length;
  let d = 0x03707344;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    a = Math.imul(a ^ byte, 0x9e3779b1);
    b = Math.imul(b + byte + (a >>> 13), 0x85ebca77);
    c = Math.imul(c ^ (b >>> 15) ^ byte, 0xc2b2ae3d);
    d = (d + (c ^ (a >>> 7))) | 0;
  }
  const first = avalanche(a ^ d);
  const second = avalanche(b + first);
  const third = avalanche(c ^ second);
  return { words: [first, second, third, avalanche(d + third)] };
}

/** Expands a digest to `length` bytes (a multiple of 4). */
export function expandDigest(digest: Digest, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  for (let word = 0; word * 4 < length; word += 1) {
    const source = digest.words[word & 3] ?? 0;
    view.setUint32(word * 4, word < 4 ? source : avalanche(source + Math.imul(word, 0x9e3779b1)));
  }
  return bytes;
}

/** 64 hexadecimal digits. */
export function digestHex(digest: Digest): string {
  return Buffer.from(expandDigest(digest, 32).buffer).toString('hex');
}

/** Short key for maps. */
export function digestKey(digest: Digest): string {
  const [a, b, c, d] = digest.words;
  return `${a.toString(36)}.${b.toString(36)}.${c.toString(36)}.${d.toString(36)}`;
}

function avalanche(word: number): number {
  let mixed = word | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
