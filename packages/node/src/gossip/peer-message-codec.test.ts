import fc from 'fast-check';
import type { NodeId } from 'mokka';
import { describe, expect, it } from 'vitest';
import type { PeerMessage, RequestId } from './peer-message.ts';
import {
  decodePeerMessage,
  encodePeerMessage,
  MAX_GOSSIPED_TRANSACTIONS,
  MAX_RAW_TRANSACTION_BYTES,
  PEER_MESSAGE_VERSION,
  PeerMessageError,
} from './peer-message-codec.ts';

const requestId = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('hex') as RequestId);
const raw = fc.uint8Array({ minLength: 1, maxLength: 300 });
const text = fc.string({ unit: 'grapheme', maxLength: 200 });
const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const message: fc.Arbitrary<PeerMessage> = fc.oneof(
  fc.record({
    type: fc.constant('transactions' as const),
    transactions: fc.array(fc.record({ raw, requestId: fc.option(requestId, { nil: null }) }), {
      minLength: 1,
      maxLength: 20,
    }),
  }),
  fc.record({ type: fc.constant('sign' as const), requestId, request: text }),
  fc.record({ type: fc.constant('signed' as const), requestId, raw }),
  fc.record({ type: fc.constant('mine' as const), requestId }),
  fc.record({ type: fc.constant('develop' as const), requestId, operation: raw }),
  fc.record({ type: fc.constant('mined' as const), requestId, blockNumber: number }),
  fc.record({ type: fc.constant('refused' as const), requestId, code: text, message: text }),
  fc.record({
    type: fc.constant('transfer' as const),
    to: fc.option(
      fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((bytes) => Buffer.from(bytes).toString('hex') as NodeId),
    ),
  }),
  fc.record({
    type: fc.constant('status' as const),
    status: fc.record({
      role: fc.constantFrom('leader', 'candidate', 'follower', 'observer'),
      term: number,
      appliedIndex: number,
      blockNumber: number,
      blockHash: fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
      pooled: number,
      rpcUrl: fc.constantFrom(
        null,
        'http://10.0.0.4:8545',
        'http://[fd00::1]:1',
        'http://a-b.c:65535',
      ),
    }),
  }),
);

/** The message, or null when it was refused; any other failure is the test's. */
function decodeOrRefuse(bytes: Uint8Array): PeerMessage | null {
  try {
    return decodePeerMessage(bytes);
  } catch (error) {
    if (error instanceof PeerMessageError) {
      return null;
    }
    throw error;
  }
}

describe('peer message codec', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(message, (original) => {
        expect(decodePeerMessage(encodePeerMessage(original))).toEqual(original);
      }),
    );
  });

  it('refuses arbitrary bytes with its own error and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        decodeOrRefuse(bytes);
        decodeOrRefuse(Uint8Array.of(PEER_MESSAGE_VERSION, ...bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('has one encoding per message: a changed byte changes the meaning or is refused', () => {
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (original, at, change) => {
        const bytes = encodePeerMessage(original);
        const position = at % bytes.length;
        bytes[position] = (bytes[position] ?? 0) ^ change;
        const decoded = decodeOrRefuse(bytes);
        if (decoded !== null) {
          expect(Buffer.from(encodePeerMessage(decoded))).toEqual(Buffer.from(bytes));
          expect(decoded).not.toEqual(original);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses a cut message and one with bytes behind it', () => {
    fc.assert(
      fc.property(message, (original) => {
        const bytes = encodePeerMessage(original);
        expect(decodeOrRefuse(bytes.subarray(0, -1))).toBeNull();
        expect(decodeOrRefuse(Uint8Array.of(...bytes, 0))).toBeNull();
      }),
    );
  });

  it('refuses more transactions, and larger ones, than a message may carry', () => {
    const one = { raw: Uint8Array.of(1), requestId: null };
    const many = Array.from({ length: MAX_GOSSIPED_TRANSACTIONS + 1 }, () => one);
    expect(
      decodeOrRefuse(encodePeerMessage({ type: 'transactions', transactions: many })),
    ).toBeNull();
    const large = { raw: new Uint8Array(MAX_RAW_TRANSACTION_BYTES + 1), requestId: null };
    expect(
      decodeOrRefuse(encodePeerMessage({ type: 'transactions', transactions: [large] })),
    ).toBeNull();
  });
});
