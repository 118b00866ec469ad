/** What a contract said when it reverted, as Solidity encodes it and geth words it. */
import { ChainError } from '../errors.ts';
import { bytesOf, type Hex } from '../primitives.ts';

/** Selector of `Error(string)`. */
const ERROR_SELECTOR = '0x08c379a0';
/** Selector of `Panic(uint256)`. */
const PANIC_SELECTOR = '0x4e487b71';
const WORD_BYTES = 32;

/** Solidity's panic codes in geth's words. */
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

/** A reverted execution as an error: `data` is what the contract returned. */
export class ExecutionRevertedError extends ChainError {
  readonly data: Hex;

  constructor(data: Hex) {
    super('execution-reverted', revertMessage(data));
    this.name = 'ExecutionRevertedError';
    this.data = data;
  }
}

/** `execution reverted`, with the reason when there is one. */
export function revertMessage(output: Hex): string {
  const reason = revertReason(output);
  return reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`;
}

/** The text of `Error(string)` or the meaning of `Panic(uint256)`; undefined for anything else. */
export function revertReason(output: Hex): string | undefined {
  const selector = output.slice(0, 10);
  const data = bytesOf(`0x${output.slice(10)}`);
  if (selector === PANIC_SELECTOR) {
    const code = word(data, 0);
    if (code === undefined) return undefined;
    return PANICS.get(code) ?? `unknown panic code: 0x${code.toString(16)}`;
  }
  return selector === ERROR_SELECTOR ? abiString(data) : undefined;
}

/** The only string of ABI-encoded arguments. */
function abiString(data: Uint8Array): string | undefined {
  const offset = word(data, 0);
  if (offset === undefined || offset > BigInt(data.length)) return undefined;
  const length = word(data, Number(offset));
  if (length === undefined || length > BigInt(data.length)) return undefined;
  const start = Number(offset) + WORD_BYTES;
  const end = start + Number(length);
  return end > data.length ? undefined : Buffer.from(data.subarray(start, end)).toString('utf8');
}

function word(data: Uint8Array, at: number): bigint | undefined {
  if (at + WORD_BYTES > data.length) return undefined;
  return BigInt(`0x${Buffer.from(data.subarray(at, at + WORD_BYTES)).toString('hex')}`);
}
