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
  for (let place = 0; place * 4 < length; place += 1) {
    const word = expandedWord(digest, place);
    bytes[place * 4] = word >>> 24;
    bytes[place * 4 + 1] = word >>> 16;
    bytes[place * 4 + 2] = word >>> 8;
    bytes[place * 4 + 3] = word;
  }
  return bytes;
}

/** Whether `bytes` are what the digest expands to, without making them. */
export function isExpansionOf(bytes: Uint8Array, digest: Digest): boolean {
  for (let at = 0; at < bytes.length; at += 1) {
    const shift = 24 - 8 * (at & 3);
    if (bytes[at] !== ((expandedWord(digest, at >> 2) >>> shift) & 255)) return false;
  }
  return true;
}

function expandedWord(digest: Digest, place: number): number {
  const source = digest.words[place & 3] ?? 0;
  return place < 4 ? source : avalanche(source + Math.imul(place, 0x9e3779b1));
}

/** 64 hexadecimal digits. */
export function digestHex(digest: Digest): string {
  let digits = '';
  for (let place = 0; place < 8; place += 1) {
    digits += expandedWord(digest, place).toString(16).padStart(8, '0');
  }
  return digits;
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
