/** RLPTests: values with their encodings, and bytes that are no RLP. */
import { RLP } from '@ethereumjs/rlp';
import { z } from 'zod';
import { type RlpItem, readRlp } from '../packages/chain/src/encoding/rlp-reader.ts';
import { ChainError } from '../packages/chain/src/errors.ts';
import type { TestCase } from './test-case.ts';

/** Deeper than anything in the suite; our reader has a bound. */
const DEPTH_MAX = 64;

/** `in`: text, a number, `#` and a decimal number, or a list of these; `INVALID` and `VALID` only say whether it reads. */
export const rlpTest = z.object({ in: z.json(), out: z.string() });

type Value = z.output<typeof rlpTest>['in'];
type Encodable = Uint8Array | Encodable[];

export function rlpCase(name: string, test: z.output<typeof rlpTest>): TestCase {
  return { name, run: async () => differenceOf(test.in, bytesOfHex(test.out)) };
}

function differenceOf(value: Value, bytes: Uint8Array): string | undefined {
  let item: RlpItem;
  try {
    item = readRlp(bytes, DEPTH_MAX);
  } catch (error) {
    if (!(error instanceof ChainError)) throw error;
    return value === 'INVALID' ? undefined : `refused: ${error.message}`;
  }
  if (value === 'INVALID') return 'read, expected to be refused';
  const again = RLP.encode(mutable(item));
  if (Buffer.compare(again, bytes) !== 0) return 'encodes to other bytes than it was read from';
  if (value === 'VALID') return undefined;
  return Buffer.compare(RLP.encode(encodable(value)), bytes) === 0
    ? undefined
    : `holds ${Buffer.from(again).toString('hex')}, expected ${JSON.stringify(value)}`;
}

function mutable(item: RlpItem): Encodable {
  return item instanceof Uint8Array ? item : item.map(mutable);
}

function encodable(value: Value): Encodable {
  if (Array.isArray(value)) return value.map(encodable);
  if (typeof value === 'number') return integer(BigInt(value));
  if (typeof value !== 'string') throw new RangeError('an RLP value is text, a number or a list');
  if (value.startsWith('#')) return integer(BigInt(value.slice(1)));
  return value.startsWith('0x') ? bytesOfHex(value) : Buffer.from(value);
}

function integer(value: bigint): Uint8Array {
  const digits = value === 0n ? '' : value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

function bytesOfHex(hex: string): Uint8Array {
  return Buffer.from(hex.replace(/^0x/, ''), 'hex');
}
