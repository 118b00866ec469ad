/**
 * What the bytes of a `payload` entry mean: one kind byte, then the kind's own encoding. Entries outlive releases, so
 * kinds are never renumbered.
 */

/** A block's RLP follows. */
const BLOCK_KIND = 0x01;
/** Bytes in front of a block's RLP. */
export const PAYLOAD_OVERHEAD_BYTES = 1;

export function encodeBlockPayload(block: Uint8Array): Uint8Array {
  const payload = new Uint8Array(block.length + PAYLOAD_OVERHEAD_BYTES);
  payload[0] = BLOCK_KIND;
  payload.set(block, PAYLOAD_OVERHEAD_BYTES);
  return payload;
}

/** The block's RLP; undefined for a kind this release does not know. */
export function decodeBlockPayload(payload: Uint8Array): Uint8Array | undefined {
  return payload[0] === BLOCK_KIND ? payload.subarray(PAYLOAD_OVERHEAD_BYTES) : undefined;
}
