/**
 * Every decoder against everything: it gives a value whose only encoding the bytes are, or a `DecodeError`; in time and
 * memory that follow from the bytes there are, not from what they claim.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../core/bytes.ts';
import { DecodeError } from './decode-error.ts';
import { fuzzBudget, fuzzTimeout } from './fuzz-budget.test.support.ts';
import { decodeMessage, encodeMessage } from './message-codec.ts';
import { encodeItem, type Item, integerItem, MAX_MESSAGE_BYTES } from './rlp.ts';
import {
  anyMessage,
  itemTampering,
  messageTypes,
  tampering,
  type WireFormat,
  wireFormats,
} from './wire-values.test.support.ts';

/** Milliseconds that decoding the largest input may take on a slow, busy machine; a quadratic decoder takes minutes. */
const DECODE_TIME = 3_000;
/** Bytes of memory it may take, beyond the input itself. */
const DECODE_MEMORY = 256 * 1024 * 1024;
/** Highest message number that is tried. */
const MAX_MESSAGE_CODE = 300;

/** The value, or null when it was refused. Any other error is the decoder's fault. */
function decodeOrRefuse({ decode }: WireFormat, bytes: Uint8Array): { value: unknown } | null {
  try {
    return { value: decode(bytes) };
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
    return null;
  }
}

function expectCanonical(format: WireFormat, bytes: Uint8Array): void {
  const decoded = decodeOrRefuse(format, bytes);
  if (decoded === null) return;
  expect(toHex(format.encodeAgain(decoded.value))).toBe(toHex(bytes));
}

/** Lists of lists of bytes of telling sizes: right shapes by accident more often than noise. */
const { anyItem } = fc.letrec<{ anyItem: Item; bytes: Uint8Array; list: Item[] }>((tie) => ({
  anyItem: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('bytes'), tie('list')),
  bytes: fc.oneof(
    fc.uint8Array({ maxLength: 3 }),
    fc.constantFrom(32, 64).chain((size) => fc.uint8Array({ minLength: size, maxLength: size })),
    fc.nat(20).map(integerItem),
  ),
  list: fc.array(tie('anyItem'), { maxLength: 9 }) as fc.Arbitrary<Item[]>,
}));

const hostileInputs = makeHostileInputs();

describe.each(wireFormats)('decoding a $name', (format) => {
  it(
    'refuses well-formed RLP with items that do not belong there',
    () => {
      fc.assert(
        fc.property(format.encoded, itemTampering, ({ bytes }, tamper) =>
          expectCanonical(format, tamper(bytes)),
        ),
        fuzzBudget(1_000),
      );
    },
    fuzzTimeout(),
  );

  it(
    'gives back what was encoded',
    () => {
      fc.assert(
        fc.property(format.encoded, ({ value, bytes }) => {
          expect(format.decode(bytes)).toEqual(value);
          expectCanonical(format, bytes);
        }),
        fuzzBudget(200),
      );
    },
    fuzzTimeout(),
  );

  it(
    'refuses tampered bytes, or they are the one encoding of something else',
    () => {
      fc.assert(
        fc.property(format.encoded, tampering, ({ bytes }, tamper) =>
          expectCanonical(format, tamper(bytes)),
        ),
        fuzzBudget(1_500),
      );
    },
    fuzzTimeout(),
  );

  it(
    'refuses the beginning of one joined to the end of another',
    () => {
      const cut = fc.double({ min: 0, max: 1, noNaN: true });
      fc.assert(
        fc.property(format.encoded, format.encoded, cut, cut, (one, other, to, from) => {
          const head = one.bytes.subarray(0, Math.floor(to * one.bytes.length));
          const tail = other.bytes.subarray(Math.floor(from * other.bytes.length));
          expectCanonical(format, Buffer.concat([head, tail]));
        }),
        fuzzBudget(300),
      );
    },
    fuzzTimeout(),
  );

  it(
    'refuses noise and well-formed RLP of any shape',
    () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), anyItem, (noise, item) => {
          expectCanonical(format, noise);
          expectCanonical(format, encodeItem(item));
        }),
        fuzzBudget(1_000),
      );
    },
    fuzzTimeout(),
  );

  it.each(hostileInputs)('is quick and sparing with %s', (_, bytes) => {
    const before = process.memoryUsage().rss;
    const start = performance.now();
    decodeOrRefuse(format, bytes);
    expect(performance.now() - start).toBeLessThan(DECODE_TIME);
    expect(process.memoryUsage().rss - before).toBeLessThan(DECODE_MEMORY);
  });
});

describe('the generators', () => {
  it('cover every number of a message that is decoded', () => {
    const generated = new Set(
      fc.sample(anyMessage, { numRuns: 2_000, seed: 1 }).map((message) => codeOf(message)),
    );
    expect(generated.size).toBe(messageTypes.length);
    for (let code = 0; code <= MAX_MESSAGE_CODE; code += 1) {
      expect(isKnown(code), `message number ${code}`).toBe(generated.has(code));
    }
  });
});

function codeOf(message: Parameters<typeof encodeMessage>[0]): number {
  const bytes = encodeMessage(message);
  const header = (bytes[0] ?? 0) < 0xf8 ? 1 : 1 + (bytes[0] ?? 0) - 0xf7;
  return bytes[header] ?? 0;
}

/** Whether the decoder knows the number: it misses fields then. */
function isKnown(code: number): boolean {
  try {
    decodeMessage(encodeItem([integerItem(code)]));
  } catch (error) {
    if (error instanceof DecodeError) return error.code !== 'unknown-type';
    throw error;
  }
  return true;
}

/** Large inputs, and small ones that claim to be large. */
function makeHostileInputs(): readonly [string, Uint8Array][] {
  const size = MAX_MESSAGE_BYTES - 16;
  const manyStrings = repeated(Buffer.concat([Buffer.of(0xb9, 7, 208), Buffer.alloc(2000)]), size);
  return [
    ['millions of bytes in a list', listOf(Buffer.alloc(size, 1))],
    ['millions of empty strings in a list', listOf(Buffer.alloc(size, 0x80))],
    ['millions of empty lists in a list', listOf(Buffer.alloc(size, 0xc0))],
    ['thousands of long strings in a list', listOf(manyStrings)],
    ['a list in a list, and so on', nested(30_000)],
    ['one long string', stringOf(size)],
    ['one more byte than a message has', new Uint8Array(MAX_MESSAGE_BYTES + 1)],
    ['a claim of 2^32 bytes', Buffer.of(0xfc, 1, 0, 0, 0, 0, 0x80)],
    ['a claim of 2^56 bytes in a list', Buffer.of(0xca, 0xbf, 1, 0, 0, 0, 0, 0, 0, 0, 0)],
    ['a claim of all memory', Buffer.of(0xff, 255, 255, 255, 255, 255, 255, 255, 255, 1)],
  ];
}

function header(base: number, length: number): Buffer {
  const digits = Buffer.from(length.toString(16).padStart(8, '0'), 'hex');
  const significant = digits.subarray(digits.findIndex((digit) => digit > 0));
  return Buffer.concat([Buffer.of(base + 55 + significant.length), significant]);
}

function listOf(content: Uint8Array): Uint8Array {
  return Buffer.concat([header(0xc0, content.length), content]);
}

function stringOf(length: number): Uint8Array {
  return Buffer.concat([header(0x80, length), Buffer.alloc(length, 1)]);
}

function repeated(part: Buffer, size: number): Buffer {
  return Buffer.concat(Array.from({ length: Math.floor(size / part.length) }, () => part));
}

/** Headers only, innermost last: each list holds the rest. */
function nested(depth: number): Uint8Array {
  const headers: Buffer[] = [];
  for (let length = 0, at = 0; at < depth; at += 1) {
    const one = length < 56 ? Buffer.of(0xc0 + length) : header(0xc0, length);
    headers.unshift(one);
    length += one.length;
  }
  return Buffer.concat(headers);
}
