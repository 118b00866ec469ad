/**
 * Bloom filters of logs (Yellow Paper 4.3.1): 2048 bits, three for each address and topic.
 */
import { keccak256 } from '../crypto/keccak.ts';
import { type Address, type Bloom, bloomOf, bytesOf, type Hash } from '../primitives.ts';

const BLOOM_BYTES = 256;

interface Loggable {
  readonly address: Address;
  readonly topics: readonly Hash[];
}

export const EMPTY_BLOOM: Bloom = bloomOf(new Uint8Array(BLOOM_BYTES));

/** Filter over all of these logs. */
export function bloomOfLogs(logs: readonly Loggable[]): Bloom {
  if (logs.length === 0) return EMPTY_BLOOM;
  const bits = new Uint8Array(BLOOM_BYTES);
  const seen = new Set<Address | Hash>();
  for (const log of logs) {
    for (const value of [log.address, ...log.topics]) {
      if (seen.has(value)) continue;
      seen.add(value);
      setBits(bits, value);
    }
  }
  return bloomOf(bits);
}

function setBits(bits: Uint8Array, value: Address | Hash): void {
  for (const [index, mask] of bitsOf(value)) bits[index] = (bits[index] ?? 0) | mask;
}

function bitsOf(value: Address | Hash): [index: number, mask: number][] {
  const hash = keccak256(bytesOf(value));
  return [0, 2, 4].map((at) => {
    const bit = (((hash[at] ?? 0) << 8) | (hash[at + 1] ?? 0)) & 2047;
    return [BLOOM_BYTES - 1 - (bit >> 3), 1 << (bit & 7)];
  });
}

/** False: no log in there has this address or topic. True: perhaps. */
export function bloomMayHold(bloom: Bloom, value: Address | Hash): boolean {
  const bits = bytesOf(bloom);
  return bitsOf(value).every(([index, mask]) => ((bits[index] ?? 0) & mask) !== 0);
}
