/**
 * Hexadecimal arguments: quantities, data, addresses, hashes. Accepts what geth accepts and answers in its words, so
 * nothing that looks like a number but is not an exact one ever gets through.
 */
import type { Address, Hash, Hex, Wei } from '@praline/chain';
import { z } from 'zod';

/** A zod schema from a parsing function that throws `ArgumentError` with the reason. */
export function parsedString<Value>(parse: (text: string) => Value): z.ZodType<Value> {
  return z.string({ error: 'non-string' }).transform((text, context) => {
    try {
      return parse(text);
    } catch (thrown) {
      if (!(thrown instanceof ArgumentError)) throw thrown;
      context.addIssue({ code: 'custom', message: thrown.message });
      return z.NEVER;
    }
  });
}

/** Why a string is not what a parameter wants. */
export class ArgumentError extends Error {
  override readonly name = 'ArgumentError';
  readonly code = 'invalid-argument';
}

/** Digits of a strict quantity: `0x`, at least one digit, no leading zeros. */
export function parseQuantity(text: string, bitsMax: number): bigint {
  const digits = afterPrefix(text);
  if (digits === '') throw new ArgumentError('hex string "0x"');
  if (!HEX_DIGITS.test(digits)) throw new ArgumentError('invalid hex string');
  if (digits.length > 1 && digits.startsWith('0')) {
    throw new ArgumentError('hex number with leading zero digits');
  }
  // Four bits a digit: refused by length before a long string costs a conversion.
  if (digits.length > bitsMax / 4) throw new ArgumentError(`hex number > ${bitsMax} bits`);
  return BigInt(text.toLowerCase());
}

/** Bytes in lower case: `0x` and an even number of digits. */
function parseData(text: string): Hex {
  const digits = afterPrefix(text);
  if (digits.length % 2 !== 0) throw new ArgumentError('hex string of odd length');
  if (!HEX_DIGITS.test(digits)) throw new ArgumentError('invalid hex string');
  return `0x${digits.toLowerCase()}`;
}

function parseFixed(text: string, bytes: number): Hex {
  const data = parseData(text);
  const length = data.length / 2 - 1;
  if (length !== bytes) {
    throw new ArgumentError(`hex string has length ${length * 2}, want ${bytes * 2}`);
  }
  return data;
}

export function parseHash(text: string): Hash {
  return parseFixed(text, 32) as Hash;
}

function parseAddress(text: string): Address {
  return parseFixed(text, 20) as Address;
}

/**
 * A storage slot: up to 32 bytes of hex. Odd lengths, leading zeros and a missing prefix are fine, as in geth.
 */
export function parseStorageKey(text: string): StorageKey {
  const digits = /^0x/i.test(text) ? text.slice(2) : text;
  if (!HEX_DIGITS.test(digits)) {
    throw new ArgumentError('unable to decode storage key: hex string invalid');
  }
  if (digits.length > 64) {
    throw new ArgumentError(
      'unable to decode storage key: hex string too long, want at most 32 bytes',
    );
  }
  return { slot: BigInt(`0x0${digits}`), isWholeWord: digits.length > 62 };
}

export interface StorageKey {
  readonly slot: bigint;
  /** Written with all 32 bytes; `eth_getProof` answers in the same manner. */
  readonly isWholeWord: boolean;
}

const HEX_DIGITS = /^[0-9a-f]*$/i;

function afterPrefix(text: string): string {
  if (text === '') throw new ArgumentError('empty hex string');
  if (!/^0x/i.test(text)) throw new ArgumentError('hex string without 0x prefix');
  return text.slice(2);
}

/** Texts that `parseQuantity` takes, as a pattern of JSON Schema. */
const quantityPattern = (bitsMax: number) =>
  `^0[xX](0|[1-9a-fA-F][0-9a-fA-F]{0,${bitsMax / 4 - 1}})$`;
const fixedPattern = (bytes: number) => `^0[xX][0-9a-fA-F]{${bytes * 2}}$`;

export const uint256 = parsedString((text) => parseQuantity(text, 256)).meta({
  id: 'Uint256',
  description: 'A number of up to 256 bits: `0x` and digits without leading zeros.',
  pattern: quantityPattern(256),
});
export const uint64 = parsedString((text) => parseQuantity(text, 64)).meta({
  id: 'Uint64',
  description: 'A number of up to 64 bits: `0x` and digits without leading zeros.',
  pattern: quantityPattern(64),
});
export const wei = parsedString((text) => parseQuantity(text, 256) as Wei).meta({
  id: 'Wei',
  description: 'An amount of up to 256 bits: `0x` and digits without leading zeros.',
  pattern: quantityPattern(256),
  'x-unit': 'wei',
});
export const weiPerGas = wei.meta({ id: 'WeiPerGas', 'x-unit': 'wei per gas' });
export const gas = uint64.meta({ id: 'Gas', 'x-unit': 'gas' });
export const unixTime = uint64.meta({ id: 'UnixTime', 'x-unit': 'seconds since 1970' });
export const data = parsedString(parseData).meta({
  id: 'Data',
  description: 'Bytes: `0x` and an even number of digits.',
  pattern: '^0[xX]([0-9a-fA-F]{2})*$',
});
export const address = parsedString(parseAddress).meta({
  id: 'Address',
  description: '20 bytes, in lower, upper or mixed case; a checksum is not checked.',
  pattern: fixedPattern(20),
});
export const hash = parsedString(parseHash).meta({
  id: 'Hash',
  description: '32 bytes.',
  pattern: fixedPattern(32),
});
export const storageKey = parsedString(parseStorageKey).meta({
  id: 'StorageKey',
  description:
    'A storage slot, up to 32 bytes. Odd lengths, leading zeros and a missing prefix are fine.',
  pattern: '^(0[xX])?[0-9a-fA-F]{0,64}$',
});
/** A position in a list; larger than any list is fine and finds nothing. */
export const index = parsedString((text) => Number(parseQuantity(text, 64))).meta({
  id: 'Index',
  description: 'A position from 0: `0x` and digits without leading zeros.',
  pattern: quantityPattern(64),
});
