/** The reason inside the output of a reverted call: Solidity's `Error(string)` and `Panic(uint256)`, in geth's words. */

/**
 * Decodes `0x` output. Undefined for empty output, a custom error, or encodings that do not hold together.
 * Lenient about missing padding at the end, as hand-written contracts leave it out.
 */
export function revertReason(output: string): string | undefined {
  const bytes = Buffer.from(output.slice(2), 'hex');
  if (bytes.length < 4) return undefined;
  const selector = bytes.readUInt32BE(0);
  const content = bytes.subarray(4);
  if (selector === ERROR_SELECTOR) return decodeString(content);
  if (selector === PANIC_SELECTOR) return decodePanic(content);
  return undefined;
}

/** First 4 bytes of keccak256('Error(string)'). */
const ERROR_SELECTOR = 0x08c379a0;
/** First 4 bytes of keccak256('Panic(uint256)'). */
const PANIC_SELECTOR = 0x4e487b71;
const WORD_BYTES = 32;

function word(bytes: Buffer, offset: number): bigint | undefined {
  if (offset + WORD_BYTES > bytes.length) return undefined;
  return BigInt(`0x${bytes.toString('hex', offset, offset + WORD_BYTES)}`);
}

function decodeString(content: Buffer): string | undefined {
  const offset = word(content, 0);
  if (offset === undefined || offset > BigInt(content.length)) return undefined;
  const length = word(content, Number(offset));
  const start = Number(offset) + WORD_BYTES;
  if (length === undefined || length > BigInt(content.length - start)) return undefined;
  return content.toString('utf8', start, start + Number(length));
}

/** Solidity documentation, "Panic via assert and Error via require"; texts as geth has them. */
const PANICS: ReadonlyMap<bigint, string> = new Map([
  [0x00n, 'generic panic'],
  [0x01n, 'assert(false)'],
  [0x11n, 'arithmetic underflow or overflow'],
  [0x12n, 'division or modulo by zero'],
  [0x21n, 'enum overflow'],
  [0x22n, 'invalid encoded storage byte array accessed'],
  [0x31n, 'out-of-bounds array access; popping on an empty array'],
  [0x32n, 'out-of-bounds access of an array or bytesN'],
  [0x41n, 'out of memory'],
  [0x51n, 'uninitialized function'],
]);

function decodePanic(content: Buffer): string | undefined {
  const code = word(content, 0);
  if (code === undefined) return undefined;
  return PANICS.get(code) ?? `unknown panic code: 0x${code.toString(16)}`;
}
