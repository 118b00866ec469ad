/** What a contract printed with one call of `console.log`, as a line of text. */
import { addressOf, hexOf } from '../primitives.ts';
import { checksumAddress } from '../query/checksum-address.ts';
import { consoleTypes } from './console-signatures.ts';

/** Characters of one line; the rest is cut off. */
export const CONSOLE_LINE_MAX = 1_024;
const CUT = '...';

const WORD = 32;
const SELECTOR_BYTES = 4;
/** Bytes of a call that is not of `console.sol` that are shown. */
const SHOWN_BYTES = 68;

/** Never throws: what is not of `console.sol`, or cut short, is shown as bytes. */
export function consoleLine(input: Uint8Array): string {
  const types = consoleTypes(hexOf(input.subarray(0, SELECTOR_BYTES)));
  const values = types && decode(types, input.subarray(SELECTOR_BYTES));
  if (values === undefined) return cut(hexOf(input.subarray(0, SHOWN_BYTES)));
  return cut(types?.[0] === 'string' ? formatted(values) : values.join(' '));
}

/** The first string may say where the others go, as in Node.js: `%s`, `%d`, `%i`; `%%` is a percent sign. */
function formatted([format = '', ...values]: readonly string[]): string {
  const rest = [...values];
  const line = format.replace(/%[sdi%]/g, (directive) => {
    if (directive === '%%') return values.length === 0 ? directive : '%';
    return rest.shift() ?? directive;
  });
  return [line, ...rest].join(' ');
}

/** Undefined when the arguments are not what the types need (Solidity ABI, dynamic types by offset). */
function decode(types: readonly string[], data: Uint8Array): readonly string[] | undefined {
  if (data.length < types.length * WORD) return undefined;
  const values: string[] = [];
  for (const [index, type] of types.entries()) {
    const word = data.subarray(index * WORD, (index + 1) * WORD);
    const value =
      type === 'string' || type === 'bytes' ? dynamic(type, word, data) : plain(type, word);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function plain(type: string, word: Uint8Array): string {
  switch (type) {
    case 'uint256':
      return numberOf(word).toString();
    case 'int256':
      return BigInt.asIntN(256, numberOf(word)).toString();
    case 'bool':
      return String(numberOf(word) !== 0n);
    case 'address':
      return checksumAddress(addressOf(word.subarray(WORD - 20)));
    default:
      return hexOf(word.subarray(0, Number(type.slice('bytes'.length))));
  }
}

function dynamic(type: string, word: Uint8Array, data: Uint8Array): string | undefined {
  const offset = sizeOf(word, data.length);
  if (offset === undefined || offset + WORD > data.length) return undefined;
  const length = sizeOf(data.subarray(offset, offset + WORD), Number.MAX_SAFE_INTEGER);
  if (length === undefined) return undefined;
  // No more than can be shown is decoded; of a long call only the beginning may be here.
  const shown = Math.min(length, CONSOLE_LINE_MAX * 4);
  const bytes = data.subarray(offset + WORD, offset + WORD + shown);
  return type === 'string' ? Buffer.from(bytes).toString('utf8') : hexOf(bytes);
}

/** Undefined when it is beyond the data. */
function sizeOf(word: Uint8Array, max: number): number | undefined {
  const value = numberOf(word);
  return value > BigInt(max) ? undefined : Number(value);
}

function numberOf(word: Uint8Array): bigint {
  return BigInt(hexOf(word));
}

function cut(line: string): string {
  return line.length <= CONSOLE_LINE_MAX
    ? line
    : `${line.slice(0, CONSOLE_LINE_MAX - CUT.length)}${CUT}`;
}
