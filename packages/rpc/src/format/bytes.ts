/** Between bytes and their hexadecimal form. */
import type { Hex } from '@praline/chain';

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

export function bytesOf(data: Hex): Uint8Array {
  return Buffer.from(data.slice(2), 'hex');
}
