/** What a member may send beside consensus: any bytes are refused with the codec's own error, in time that follows from their size. */
import type { CallRequest } from '@praline/chain';
import fc from 'fast-check';
import type { NodeId } from 'mokka';
import { describe, expect, it } from 'vitest';
import { ZodError } from 'zod';
import { decodeCallRequest, encodeCallRequest } from './call-request-codec.ts';
import type { PeerMessage } from './peer-message.ts';
import {
  decodePeerMessage,
  encodePeerMessage,
  MAX_GOSSIPED_TRANSACTIONS,
  MAX_REQUEST_BYTES,
  PEER_MESSAGE_VERSION,
  PeerMessageError,
} from './peer-message-codec.ts';

/** `FUZZ_RUNS=100` makes these runs a hundred times as long; a failure prints its seed. */
const factor = Number(process.env['FUZZ_RUNS'] ?? 1);
const budget = (runs: number) => ({ numRuns: Math.round(runs * factor) });
const timeout = 30_000 * Math.max(1, factor);

/** Milliseconds for the largest input on a slow, busy machine. */
const DECODE_TIME = 2_000;
/** Largest message, as the transport limits it. */
const MAX_FRAME = 1024 * 1024;

const requestId = 'ab'.repeat(16) as Extract<PeerMessage, { type: 'mine' }>['requestId'];
const examples: { readonly [T in PeerMessage['type']]: Extract<PeerMessage, { type: T }> } = {
  transactions: {
    type: 'transactions',
    transactions: [
      { raw: Uint8Array.of(1, 2, 3), requestId },
      { raw: new Uint8Array(80).fill(2), requestId: null },
    ],
  },
  sign: { type: 'sign', requestId, request: '{"value":"0x1"}' },
  signed: { type: 'signed', requestId, raw: new Uint8Array(60).fill(9) },
  mine: { type: 'mine', requestId },
  develop: { type: 'develop', requestId, operation: new Uint8Array(40).fill(3) },
  mined: { type: 'mined', requestId, blockNumber: 7 },
  refused: { type: 'refused', requestId, code: 'pool-full', message: 'wörds' },
  transfer: { type: 'transfer', to: 'ef'.repeat(32) as NodeId },
  status: {
    type: 'status',
    status: {
      role: 'leader',
      term: 3,
      appliedIndex: 1000,
      blockNumber: 4,
      blockHash: `0x${'cd'.repeat(32)}`,
      pooled: 0,
      rpcUrl: null,
    },
  },
};

function decodeOrRefuse(bytes: Uint8Array): PeerMessage | null {
  try {
    return decodePeerMessage(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(PeerMessageError);
    return null;
  }
}

function header(base: number, length: number): Buffer {
  if (length < 56) return Buffer.of(base + length);
  const digits = Buffer.from(length.toString(16).padStart(8, '0'), 'hex');
  const significant = digits.subarray(digits.findIndex((digit) => digit > 0));
  return Buffer.concat([Buffer.of(base + 55 + significant.length), significant]);
}

/** A message of the largest size whose items are all this byte, as type 0 and its list of transactions. */
function listOf(first: number): Buffer {
  const items = Buffer.alloc(MAX_FRAME - 16, first);
  const list = Buffer.concat([header(0xc0, items.length), items]);
  const body = Buffer.concat([Buffer.of(0x80), list]);
  return Buffer.concat([Buffer.of(PEER_MESSAGE_VERSION), header(0xc0, body.length), body]);
}

function nested(depth: number): Buffer {
  const headers: Buffer[] = [];
  for (let length = 0, at = 0; at < depth; at += 1) {
    const one = header(0xc0, length);
    headers.push(one);
    length += one.length;
  }
  return Buffer.concat([Buffer.of(PEER_MESSAGE_VERSION), ...headers.reverse()]);
}

describe('a peer message', () => {
  it(
    'of every type is refused, or the one encoding of something, after any change',
    () => {
      const cut = fc.nat(2_000);
      fc.assert(
        fc.property(
          fc.constantFrom(...Object.values(examples)),
          fc.constantFrom(...Object.values(examples)),
          cut,
          cut,
          fc.nat(255),
          (one, other, to, from, value) => {
            const [left, right] = [encodePeerMessage(one), encodePeerMessage(other)];
            const joined = Buffer.concat([
              left.subarray(0, to % (left.length + 1)),
              Buffer.of(value),
              right.subarray(from % right.length),
            ]);
            const decoded = decodeOrRefuse(joined);
            if (decoded !== null) {
              expect(Buffer.from(encodePeerMessage(decoded))).toEqual(joined);
            }
          },
        ),
        budget(3_000),
      );
    },
    timeout,
  );

  it.each([
    ['bytes', 0x01],
    ['empty strings', 0x80],
    ['empty lists', 0xc0],
  ])('with a million %s is refused before any of them is made', (_, first) => {
    expect(() => decodePeerMessage(listOf(first))).toThrow(/More than \d+ items/);
  });

  it('with as many transactions as it may carry is taken', () => {
    const transactions = Array.from({ length: MAX_GOSSIPED_TRANSACTIONS }, () => ({
      raw: new Uint8Array(1_900).fill(2),
      requestId,
    }));
    const full: PeerMessage = { type: 'transactions', transactions };
    const bytes = encodePeerMessage(full);
    expect(Buffer.compare(encodePeerMessage(decodePeerMessage(bytes)), bytes)).toBe(0);
  });

  it.each<[string, Buffer]>([
    ['lists in lists', nested(200_000)],
    ['a claim of all memory', Buffer.of(PEER_MESSAGE_VERSION, 0xff, ...Array(8).fill(255))],
  ])('with %s is refused quickly', (_, bytes) => {
    const start = performance.now();
    expect(decodeOrRefuse(bytes)).toBeNull();
    expect(performance.now() - start).toBeLessThan(DECODE_TIME);
  });
});

/** The request, or null when it was refused as documented. */
function decodeRequest(text: string): CallRequest | null {
  try {
    return decodeCallRequest(text);
  } catch (error) {
    expect(error instanceof SyntaxError || error instanceof ZodError, String(error)).toBe(true);
    return null;
  }
}

describe('a request to sign', () => {
  it(
    'is refused, or means the same when it is encoded again',
    () => {
      const words = fc.constantFrom(
        ...['{', '}', '[', ']', ',', ':', '""', '"0x"', '"0x1"', '"0x01"', 'null', '1e9', '"from"'],
        ...['"to"', '"value"', '"input"', '"accessList"', '"__proto__"', '"constructor"', '"gas"'],
        `"0x${'a'.repeat(40)}"`,
      );
      const text = fc.oneof(
        fc.json(),
        fc.string({ maxLength: 60 }),
        fc.array(words, { maxLength: 20 }).map((all) => all.join('')),
        fc
          .dictionary(
            fc.constantFrom('from', 'to', 'gas', 'value', 'input', 'nonce', '__proto__', 'x'),
            fc.oneof(fc.constantFrom('0x', '0x0', '0x1', '0x00', `0x${'b'.repeat(40)}`), fc.json()),
          )
          .map((fields) => JSON.stringify(fields)),
      );
      fc.assert(
        fc.property(text, (one) => {
          const decoded = decodeRequest(one);
          if (decoded === null) return;
          expect(decodeCallRequest(encodeCallRequest(decoded))).toEqual(decoded);
          expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
        }),
        budget(3_000),
      );
    },
    timeout,
  );

  it.each<[string, string]>([
    ['a long input', `{"input":"0x${'ab'.repeat(MAX_REQUEST_BYTES / 2 - 20)}"}`],
    ['an odd, long input', `{"input":"0x${'a'.repeat(MAX_REQUEST_BYTES - 21)}"}`],
    ['deep nesting', `{"from":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    ['a list that never ends', '['.repeat(MAX_REQUEST_BYTES)],
    ['many fields', `{${Array.from({ length: 40_000 }, (_, at) => `"k${at}":1`).join(',')}}`],
    ['a huge number', `{"value":"0x${'f'.repeat(MAX_REQUEST_BYTES - 20)}"}`],
  ])('with %s is judged quickly', (_, text) => {
    const start = performance.now();
    decodeRequest(text);
    expect(performance.now() - start).toBeLessThan(DECODE_TIME);
  });
});
