import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeFrameHeader,
  FRAME_HEADER_BYTES,
  type Frame,
  FrameDecoder,
  FrameError,
} from './frame.ts';

const MAX_BYTES: Readonly<Record<number, number>> = { 1: 16, 16: 1000, 17: 100 };
const maxBytesOf = (kind: number): number | undefined => MAX_BYTES[kind];

describe('FrameDecoder', () => {
  it('reads back any frames from any split of their bytes', () => {
    fc.assert(
      fc.property(
        fc.array(validFrame(), { maxLength: 8 }),
        fc.array(fc.nat(40)),
        (frames, sizes) => {
          const stream = Buffer.concat(frames.map(encode));
          expect(decodeAll(split(stream, sizes))).toEqual(frames);
        },
      ),
    );
  });

  it('on any bytes gives frames within their limits or a coded error, whatever the split', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(fc.array(validFrame(), { minLength: 1, maxLength: 5 }), fc.nat(), fc.nat(255))
        .map(([frames, at, value]) => mutate(Buffer.concat(frames.map(encode)), at, value)),
    );
    fc.assert(
      fc.property(bytes, fc.array(fc.nat(40)), (stream, sizes) => {
        const whole = outcome([stream]);
        expect(outcome(split(stream, sizes))).toEqual(whole);
        for (const { kind, body } of whole.frames) {
          expect(body.length).toBeLessThanOrEqual(MAX_BYTES[kind] ?? -1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('refuses a length before any byte of the body', () => {
    const decoder = new FrameDecoder(maxBytesOf);
    expect(() => [...decoder.decode(encodeFrameHeader(17, 101))]).toThrow(
      expect.objectContaining({ code: 'oversized-frame' }),
    );
    expect(() => [
      ...new FrameDecoder(maxBytesOf).decode(encodeFrameHeader(17, 0xffffffff)),
    ]).toThrow(expect.objectContaining({ code: 'oversized-frame' }));
    expect(() => [...new FrameDecoder(maxBytesOf).decode(encodeFrameHeader(2, 0))]).toThrow(
      expect.objectContaining({ code: 'unknown-kind' }),
    );
  });

  it('gives bodies that share no memory with what was read', () => {
    const stream = Buffer.concat([encode({ kind: 16, body: new Uint8Array([1, 2, 3]) })]);
    const [frame] = [...new FrameDecoder(maxBytesOf).decode(stream)];
    stream.fill(0);
    expect(frame?.body).toEqual(new Uint8Array([1, 2, 3]));
    expect(frame?.body.buffer.byteLength).toBe(3);
  });

  it('holds little more than the bytes that arrived, also when they come one by one', () => {
    const size = 200_000;
    const decoder = new FrameDecoder(() => size);
    const memory = (): number => {
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const before = memory();
    const byte = Buffer.of(7);
    const frames = [...decoder.decode(encodeFrameHeader(16, size))];
    // As a socket gives them: every piece memory of its own.
    for (let at = 0; at < size - 1; at += 1) frames.push(...decoder.decode(Buffer.from(byte)));
    expect(frames).toEqual([]);
    expect(memory() - before).toBeLessThan(64 * size);
    const [frame] = [...decoder.decode(byte)];
    expect(frame?.body).toEqual(new Uint8Array(size).fill(7));
    expect(frame?.body.buffer.byteLength).toBe(size);
  });
});

function validFrame(): fc.Arbitrary<Frame> {
  return fc.constantFrom(...Object.keys(MAX_BYTES).map(Number)).chain((kind) =>
    fc.record({
      kind: fc.constant(kind),
      body: fc.uint8Array({ maxLength: MAX_BYTES[kind] ?? 0 }),
    }),
  );
}

function encode({ kind, body }: Frame): Buffer {
  const encoded = Buffer.concat([encodeFrameHeader(kind, body.length), body]);
  expect(encoded.length).toBe(FRAME_HEADER_BYTES + body.length);
  return encoded;
}

function split(stream: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let rest = stream;
  for (const size of sizes) {
    chunks.push(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
  return [...chunks, rest];
}

function decodeAll(chunks: readonly Uint8Array[]): Frame[] {
  const decoder = new FrameDecoder(maxBytesOf);
  return chunks.flatMap((chunk) => [...decoder.decode(chunk)]);
}

function outcome(chunks: readonly Uint8Array[]): { frames: Frame[]; error: string | null } {
  const decoder = new FrameDecoder(maxBytesOf);
  const frames: Frame[] = [];
  try {
    for (const chunk of chunks) {
      for (const frame of decoder.decode(chunk)) frames.push(frame);
    }
    return { frames, error: null };
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    return { frames, error: error.code };
  }
}

function mutate(stream: Buffer, at: number, value: number): Uint8Array {
  const mutated = new Uint8Array(stream);
  mutated[at % mutated.length] = value;
  return mutated;
}
