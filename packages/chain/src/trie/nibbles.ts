/**
 * Paths in a trie: one byte per nibble, and their hex-prefix encoding (Yellow Paper, appendix C).
 */

export type Nibbles = Uint8Array;

export function toNibbles(key: Uint8Array): Nibbles {
  const nibbles = new Uint8Array(key.length * 2);
  for (let i = 0; i < key.length; i += 1) {
    const byte = key[i] ?? 0;
    nibbles[2 * i] = byte >> 4;
    nibbles[2 * i + 1] = byte & 15;
  }
  return nibbles;
}

/** The length must be even. */
export function fromNibbles(nibbles: Nibbles): Uint8Array {
  const bytes = new Uint8Array(nibbles.length / 2);
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = ((nibbles[2 * i] ?? 0) << 4) | (nibbles[2 * i + 1] ?? 0);
  }
  return bytes;
}

export function encodePath(path: Nibbles, isLeaf: boolean): Uint8Array {
  const odd = path.length % 2;
  const out = new Uint8Array(((path.length - odd) >> 1) + 1);
  const flag = (isLeaf ? 2 : 0) + odd;
  out[0] = odd === 1 ? (flag << 4) | (path[0] ?? 0) : flag << 4;
  for (let i = odd, at = 1; i < path.length; i += 2, at += 1) {
    out[at] = ((path[i] ?? 0) << 4) | (path[i + 1] ?? 0);
  }
  return out;
}

/** Throws `RangeError` on an encoding no encoder writes. */
export function decodePath(bytes: Uint8Array): { path: Nibbles; isLeaf: boolean } {
  const first = bytes[0];
  if (first === undefined || first >= 0x40) throw new RangeError('bad hex-prefix path');
  const odd = (first >> 4) & 1;
  if (odd === 0 && (first & 15) !== 0) throw new RangeError('bad hex-prefix padding');
  const all = toNibbles(bytes);
  return { path: all.subarray(odd === 1 ? 1 : 2), isLeaf: first >= 0x20 };
}

/** Length of the common prefix of `a` from `aFrom` and `b` from `bFrom`. */
export function commonPrefix(a: Nibbles, aFrom: number, b: Nibbles, bFrom: number): number {
  const limit = Math.min(a.length - aFrom, b.length - bFrom);
  let length = 0;
  while (length < limit && a[aFrom + length] === b[bFrom + length]) length += 1;
  return length;
}

export function concatNibbles(a: Nibbles, b: Nibbles): Nibbles {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
