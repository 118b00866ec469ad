/**
 * Strict RLP reading with a bound on nesting and without copies: items are views of the input. The general library
 * copies the rest of the input at every level, so nested lists of a transaction's size would cost gigabytes of copying.
 */
import { ChainError } from '../errors.ts';

export type RlpItem = Uint8Array | readonly RlpItem[];

/**
 * Reads the one item that fills `input`. Throws `ChainError` `invalid-transaction` on anything but canonical RLP, on
 * left-over bytes and on lists nested deeper than `maxDepth`.
 */
export function readRlp(input: Uint8Array, maxDepth: number): RlpItem {
  const [item, end] = readItem(input, 0, input.length, maxDepth);
  if (end !== input.length) throw invalid(`${input.length - end} bytes follow the item`);
  return item;
}

function readItem(
  input: Uint8Array,
  start: number,
  limit: number,
  depth: number,
): readonly [RlpItem, number] {
  const first = byteAt(input, start, limit);
  if (first < 0x80) return [input.subarray(start, start + 1), start + 1];
  if (first < 0xc0) {
    const [from, to] = payload(input, start, limit, first - 0x80);
    if (to - from === 1 && byteAt(input, from, to) < 0x80) {
      throw invalid('a single small byte has a prefix');
    }
    return [input.subarray(from, to), to];
  }
  if (depth === 0) throw invalid('lists are nested too deep');
  const [from, to] = payload(input, start, limit, first - 0xc0);
  const items: RlpItem[] = [];
  let position = from;
  while (position < to) {
    const [item, end] = readItem(input, position, to, depth - 1);
    items.push(item);
    position = end;
  }
  return [items, to];
}

/** The range of an item's payload; `code` is its first byte less the kind's base. */
function payload(
  input: Uint8Array,
  start: number,
  limit: number,
  code: number,
): readonly [number, number] {
  let from = start + 1;
  let length = code;
  if (code > 55) {
    const sizeBytes = code - 55;
    if (sizeBytes > 4) throw invalid('an item is too long');
    length = 0;
    for (let index = 0; index < sizeBytes; index++) {
      length = length * 256 + byteAt(input, from + index, limit);
    }
    if (byteAt(input, from, limit) === 0 || length <= 55) throw invalid('a length is not minimal');
    from += sizeBytes;
  }
  if (from + length > limit) throw invalid('an item is longer than its input');
  return [from, from + length];
}

function byteAt(input: Uint8Array, position: number, limit: number): number {
  const byte = position < limit ? input[position] : undefined;
  if (byte === undefined) throw invalid('the input ends early');
  return byte;
}

function invalid(reason: string): ChainError {
  return new ChainError('invalid-transaction', `rlp: ${reason}`);
}
