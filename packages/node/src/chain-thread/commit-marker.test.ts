import fc from 'fast-check';
import type { EntryHash, LogIndex } from 'mokka';
import { describe, expect, it } from 'vitest';
import { decodeBlockPayload, encodeBlockPayload } from './block-payload.ts';
import { type CommitMarker, decodeMarker, encodeMarker } from './commit-marker.ts';

const marker: fc.Arbitrary<CommitMarker> = fc.record({
  applied: fc.record({
    index: fc.nat({ max: Number.MAX_SAFE_INTEGER }).map((index) => index as LogIndex),
    hash: fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => Buffer.from(bytes).toString('hex') as EntryHash),
  }),
  certificate: fc.uint8Array({ maxLength: 200 }),
});

describe('the record of the applied entry', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(marker, (original) => {
        const read = decodeMarker(encodeMarker(original));
        expect(read.applied).toEqual(original.applied);
        expect(Buffer.from(read.certificate)).toEqual(Buffer.from(original.certificate));
      }),
    );
  });

  it('is corrupt when it is cut, has bytes behind it, or is something else', () => {
    const corrupt = expect.objectContaining({ code: 'corrupt-store' });
    fc.assert(
      fc.property(marker, fc.nat(), fc.uint8Array({ maxLength: 60 }), (original, cut, other) => {
        const bytes = encodeMarker(original);
        expect(() => decodeMarker(bytes.subarray(0, cut % bytes.length))).toThrow(corrupt);
        expect(() => decodeMarker(Uint8Array.of(...bytes, 0))).toThrow(corrupt);
        expect(() => decodeMarker(other)).toThrow(corrupt);
      }),
    );
  });
});

describe('the payload of an entry', () => {
  it('reads back the block', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (block) => {
        expect(decodeBlockPayload(encodeBlockPayload(block))).toEqual(block);
      }),
    );
  });

  it('is of an unknown kind with any other first byte, and without one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), fc.uint8Array(), (kind, rest) => {
        fc.pre(kind !== 1);
        expect(decodeBlockPayload(Uint8Array.of(kind, ...rest))).toBeUndefined();
      }),
    );
    expect(decodeBlockPayload(new Uint8Array())).toBeUndefined();
  });
});
