/**
 * Whether RLP bytes hold more than `max` items, nested ones included. Walks the headers and makes nothing, so that a message of
 * a million empty items costs its reader a few thousand steps and not a million objects. Malformed bytes end the walk: the
 * decoder refuses them.
 */
export function hasMoreItems(bytes: Uint8Array, max: number): boolean {
  let at = 0;
  for (let items = 0; at < bytes.length; items += 1) {
    if (items === max) return true;
    const first = bytes[at] ?? 0;
    const isList = first >= 0xc0;
    const short = first - (isList ? 0xc0 : 0x80);
    if (short < 0) {
      at += 1;
      continue;
    }
    const lengthBytes = Math.max(0, short - 55);
    let length = lengthBytes === 0 ? short : 0;
    for (let byte = 1; byte <= lengthBytes; byte += 1) {
      length = length * 256 + (bytes[at + byte] ?? 0);
    }
    // The walk goes into a list and over a string.
    at += 1 + lengthBytes + (isList ? 0 : length);
  }
  return false;
}
