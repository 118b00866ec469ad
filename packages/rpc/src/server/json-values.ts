/**
 * Where one JSON value of a stream ends and the next begins: values follow each other with or without white space or
 * lines between them. Whether a value is JSON is decided by who parses it; here only brackets and strings count.
 */

/** The bytes can not be the beginning of what is expected; `code` says why. */
export class JsonStreamError extends Error {
  override readonly name = 'JsonStreamError';
  readonly code: 'not-a-request' | 'too-large';

  constructor(code: 'not-a-request' | 'too-large') {
    super(code);
    this.code = code;
  }
}

export class JsonValues {
  readonly #bytesMax: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  #depth = 0;
  #inString = false;
  #isEscaped = false;

  /** `bytesMax`: of one value. */
  constructor({ bytesMax }: { readonly bytesMax: number }) {
    this.#bytesMax = bytesMax;
  }

  /** Objects and arrays that are complete with `chunk`. Throws `JsonStreamError`; nothing can be told apart after it. */
  *add(chunk: Buffer): Generator<Buffer> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (this.#depth === 0) {
        start = at;
        if (WHITE_SPACE.has(byte)) continue;
        if (!OPENING.has(byte)) throw new JsonStreamError('not-a-request');
      }
      this.#follow(byte);
      if (this.#depth > 0) continue;
      yield this.#take(chunk.subarray(start, at + 1));
    }
    if (this.#depth > 0) this.#keep(chunk.subarray(start));
  }

  #follow(byte: number): void {
    if (this.#inString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#inString = false;
    } else if (byte === QUOTE) this.#inString = true;
    else if (OPENING.has(byte)) this.#depth++;
    else if (CLOSING.has(byte)) this.#depth--;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#bytesMax) throw new JsonStreamError('too-large');
    this.#parts.push(part);
  }

  #take(last: Buffer): Buffer {
    this.#keep(last);
    const value = this.#parts.length === 1 ? last : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    return value;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const WHITE_SPACE: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d]);
const OPENING: ReadonlySet<number> = new Set([0x7b, 0x5b]);
const CLOSING: ReadonlySet<number> = new Set([0x7d, 0x5d]);
