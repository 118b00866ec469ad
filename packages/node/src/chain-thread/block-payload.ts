/**
 * What the bytes of a `payload` entry mean: one kind byte, then the kind's own encoding. Entries outlive releases, so
 * kinds are never renumbered. Development operations are read in `payload.ts`.
 */

/** A block's RLP follows. */
const BLOCK_KIND = 0x01;
/** A development operation follows, as `encodeAgreedOperation` writes it. */
export const OPERATION_KIND = 0x02;
/** Bytes in front of a block's RLP. */
export const PAYLOAD_OVERHEAD_BYTES = 1;

export function encodeBlockPayload(block: Uint8Array): Uint8Array {
  return prefixed(BLOCK_KIND, block);
}

/** The block's RLP; undefined for any other kind. */
export function decodeBlockPayload(payload: Uint8Array): Uint8Array | undefined {
  return payload[0] === BLOCK_KIND ? payload.subarray(PAYLOAD_OVERHEAD_BYTES) : undefined;
}

export function prefixed(kind: number, content: Uint8Array): Uint8Array {
  const payload = new Uint8Array(content.length + PAYLOAD_OVERHEAD_BYTES);
  payload[0] = kind;
  payload.set(content, PAYLOAD_OVERHEAD_BYTES);
  return payload;
}
