/**
 * Frames on a link: length of the body (4 bytes, big-endian), kind (1 byte), body.
 *
 * The decoder takes any split of the stream. It refuses a length before it keeps a byte of the body, and it never
 * allocates more than twice what has arrived, however small the pieces are.
 */

export const FRAME_HEADER_BYTES = 5;
/** Largest body of a frame that is not a channel's, in bytes. */
export const CONTROL_FRAME_MAX_BYTES = 256;

/** Kinds up to 15 belong to the link, kinds from 16 to its channels. */
export const FRAME_KIND = {
  hello: 1,
  open: 2,
  ping: 3,
  pong: 4,
  goodbye: 5,
  applicationReceived: 6,
  consensus: 16,
  application: 17,
} as const;

export interface Frame {
  readonly kind: number;
  readonly body: Uint8Array;
}

export type FrameErrorCode = 'unknown-kind' | 'oversized-frame';

/** What a peer sent is no frame; the link can not go on. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly code: FrameErrorCode;

  constructor(code: FrameErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function encodeFrameHeader(kind: number, length: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES);
  header.writeUInt32BE(length, 0);
  header.writeUInt8(kind, 4);
  return header;
}

export class FrameDecoder {
  readonly #maxBytesOf: (kind: number) => number | undefined;
  readonly #header = Buffer.alloc(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  /** Room for the body, and how much of it is filled; grows with what has arrived. */
  #body = new Uint8Array(0);
  #arrived = 0;
  #missing = 0;

  /** `maxBytesOf` tells the largest body of a kind, undefined for a kind that does not exist. */
  constructor(maxBytesOf: (kind: number) => number | undefined) {
    this.#maxBytesOf = maxBytesOf;
  }

  /**
   * The frames that `chunk` completes, in order; each body is memory of its own.
   *
   * @throws {FrameError} after which the decoder must not be used again.
   */
  *decode(chunk: Uint8Array): Generator<Frame, void, undefined> {
    let rest = chunk;
    while (true) {
      if (this.#headerBytes < FRAME_HEADER_BYTES) {
        rest = this.#readHeader(rest);
        if (this.#headerBytes < FRAME_HEADER_BYTES) return;
      }
      const part = rest.subarray(0, this.#missing);
      rest = rest.subarray(part.length);
      this.#missing -= part.length;
      if (this.#missing > 0) {
        this.#keep(part);
        return;
      }
      const kind = this.#header.readUInt8(4);
      const body = this.#complete(part);
      this.#headerBytes = 0;
      yield { kind, body };
    }
  }

  /** Copies: a body that comes byte by byte would otherwise hold an object for each of them. */
  #keep(part: Uint8Array): void {
    const needed = this.#arrived + part.length;
    if (needed > this.#body.length) {
      const room = Math.min(needed * 2, needed + this.#missing);
      const body = new Uint8Array(room);
      body.set(this.#body.subarray(0, this.#arrived));
      this.#body = body;
    }
    this.#body.set(part, this.#arrived);
    this.#arrived = needed;
  }

  #complete(last: Uint8Array): Uint8Array {
    if (this.#arrived === 0) return new Uint8Array(last);
    this.#keep(last);
    const body = this.#body.subarray(0, this.#arrived);
    this.#body = new Uint8Array(0);
    this.#arrived = 0;
    return body;
  }

  #readHeader(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, FRAME_HEADER_BYTES - this.#headerBytes);
    this.#header.set(taken, this.#headerBytes);
    this.#headerBytes += taken.length;
    if (this.#headerBytes === FRAME_HEADER_BYTES) {
      const length = this.#header.readUInt32BE(0);
      const kind = this.#header.readUInt8(4);
      const maxBytes = this.#maxBytesOf(kind);
      if (maxBytes === undefined) {
        throw new FrameError('unknown-kind', `there is no frame of kind ${kind}`);
      }
      if (length > maxBytes) {
        throw new FrameError(
          'oversized-frame',
          `a frame of kind ${kind} has at most ${maxBytes} bytes, not ${length}`,
        );
      }
      this.#missing = length;
    }
    return bytes.subarray(taken.length);
  }
}
